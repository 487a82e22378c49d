"""Options of commands that a Ray cluster can compute: `--engine ray` and `--address`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightlab.nets.cluster import Cluster


def add_engine(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="who computes: this process (default), or Ray workers (needs the extra cluster)",
    )
    sub.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="the Ray cluster; auto = the one this machine is in (default: workers on this machine alone)",
    )


def refuse_lone_address(args: argparse.Namespace) -> None:
    """InputError where a cluster is named but not used."""
    from sightlab.checks import InputError

    if args.address is not None and args.engine != "ray":
        raise InputError(f"--address {args.address} names a Ray cluster: add --engine ray, or leave it out.")


def cluster_of(args: argparse.Namespace) -> Cluster | None:
    """The cluster asked for; InputError where Ray is not installed, before anything else is begun."""
    from sightlab.nets.cluster import Cluster, require_ray

    if args.engine != "ray":
        return None
    require_ray()
    return Cluster(args.address)
