"""Center loss against a hand computation, a slow loop, and two processes."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.losses import CenterLoss

CENTERS = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
# one photo of landmark 1, two of landmark 2, one non-landmark
EMBEDDINGS = torch.tensor([[3.0, 0.0], [0.0, 0.0], [3.0, 2.0], [9.0, 9.0]])
CLASSES = torch.tensor([1, 2, 2, 0])


def with_centers(centers, alpha=0.5) -> CenterLoss:
    loss = CenterLoss(0, centers.shape[1], alpha)
    loss.grow(centers)
    return loss


def slow_value(embeddings, classes, centers) -> float:
    total, m = 0.0, 0
    for vector, index in zip(embeddings.tolist(), classes.tolist(), strict=True):
        if index != 0:
            total += sum((f - c) ** 2 for f, c in zip(vector, centers[index - 1].tolist(), strict=True))
            m += 1
    return total / (2 * m) if m else 0.0


def slow_update(embeddings, classes, centers, alpha) -> np.ndarray:
    moved = centers.numpy().astype(float)
    for j in range(len(moved)):
        own = [embeddings[i].numpy() for i in range(len(classes)) if classes[i] == j + 1]
        delta = sum((centers[j].numpy() - f for f in own), np.zeros(centers.shape[1])) / (1 + len(own))
        moved[j] -= alpha * delta
    return moved


def drawn_batch(seed, n=40, n_landmarks=7, dim=5):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(n, dim, generator=generator)
    classes = torch.randint(0, n_landmarks + 1, (n,), generator=generator)
    return embeddings, classes, torch.randn(n_landmarks, dim, generator=generator)


def test_value_by_hand():
    # squared distances 4 (3,0 to 1,0), 4 (0,0 to 0,2), 9 (3,2 to 0,2); m = 3 -> 17 / (2 * 3)
    assert with_centers(CENTERS)(EMBEDDINGS, CLASSES).item() == pytest.approx(17 / 6)


def test_gradient_by_hand():
    embeddings = EMBEDDINGS.clone().requires_grad_()
    with_centers(CENTERS)(embeddings, CLASSES).backward()
    # (f - c) / m; nothing for the non-landmark
    expected = torch.tensor([[2, 0], [0, -2], [3, 0], [0, 0]]) / 3
    torch.testing.assert_close(embeddings.grad, expected)


def test_update_by_hand():
    loss = with_centers(CENTERS, alpha=0.5)
    loss.update(EMBEDDINGS, CLASSES)
    # landmark 1: (1-3, 0) / (1+1) = (-1, 0)               -> (1, 0) - 0.5 (-1, 0) = (1.5, 0)
    # landmark 2: ((0,2) + (-3,0)) / (1+2) = (-1, 2/3)     -> (0, 2) - 0.5 (-1, 2/3) = (0.5, 5/3)
    torch.testing.assert_close(loss.centers, torch.tensor([[1.5, 0.0], [0.5, 5 / 3]]))


@pytest.mark.parametrize("seed", range(5))
def test_value_and_update_equal_the_slow_loop(seed):
    embeddings, classes, centers = drawn_batch(seed)
    loss = with_centers(centers, alpha=0.3)
    assert loss(embeddings, classes).item() == pytest.approx(slow_value(embeddings, classes, centers))
    loss.update(embeddings, classes)
    np.testing.assert_allclose(
        loss.centers.numpy(), slow_update(embeddings, classes, centers, 0.3), atol=1e-6
    )


def test_gradient_equals_finite_differences():
    embeddings, classes, centers = drawn_batch(1, n=6)
    loss = with_centers(centers).double()
    assert torch.autograd.gradcheck(lambda x: loss(x, classes), embeddings.double().requires_grad_())


@pytest.mark.parametrize("n", [0, 3])
def test_a_batch_without_landmarks_gives_exactly_zero_and_a_backward(n):
    embeddings = torch.full((n, 2), 1e3, requires_grad=True)
    loss = with_centers(CENTERS)
    classes = torch.zeros(n, dtype=torch.long)
    value = loss(embeddings, classes)
    assert value.item() == 0
    value.backward()
    assert torch.equal(embeddings.grad, torch.zeros(n, 2))
    loss.update(embeddings, classes)
    assert torch.equal(loss.centers, CENTERS)


def test_a_loss_without_landmarks_is_zero():
    assert CenterLoss(0, 2)(EMBEDDINGS, torch.zeros(4, dtype=torch.long)).item() == 0


def test_non_landmarks_do_not_matter():
    embeddings, classes, centers = drawn_batch(3)
    one, other = with_centers(centers), with_centers(centers)
    moved = embeddings + (classes == 0)[:, None] * 100
    assert (classes == 0).any()
    assert one(embeddings, classes) == other(moved, classes)
    one.update(embeddings, classes)
    other.update(moved, classes)
    assert torch.equal(one.centers, other.centers)


def test_the_order_of_the_batch_does_not_matter():
    embeddings, classes, centers = drawn_batch(4)
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(0))
    one, other = with_centers(centers), with_centers(centers)
    torch.testing.assert_close(one(embeddings, classes), other(embeddings[order], classes[order]))
    one.update(embeddings, classes)
    other.update(embeddings[order], classes[order])
    torch.testing.assert_close(one.centers, other.centers)


def test_a_center_without_photos_stays_bit_identical():
    loss = with_centers(torch.randn(3, 2))
    before = loss.centers.clone()
    loss.update(EMBEDDINGS[:1], torch.tensor([2]))
    assert torch.equal(loss.centers[[0, 2]], before[[0, 2]])
    assert not torch.equal(loss.centers[1], before[1])


def test_the_update_leaves_embeddings_and_their_graph_alone():
    embeddings = EMBEDDINGS.clone().requires_grad_()
    loss = with_centers(CENTERS)
    value = loss(embeddings, CLASSES)
    loss.update(embeddings, CLASSES)
    value.backward()  # raises if the update had changed what backward needs
    assert torch.equal(embeddings.detach(), EMBEDDINGS)
    assert not loss.centers.requires_grad


def test_centers_are_saved_but_never_seen_by_an_optimizer():
    loss = with_centers(CENTERS)
    assert list(loss.parameters()) == []
    assert torch.equal(loss.state_dict()["centers"], CENTERS)


def test_growing_keeps_old_centers_bit_identical():
    loss = with_centers(torch.randn(4, 6))
    old, new = loss.centers.clone(), torch.randn(2, 6)
    loss.grow(new)
    assert torch.equal(loss.centers[:4], old)
    assert torch.equal(loss.centers[4:], new)


@pytest.mark.parametrize(("classes", "got"), [([0, 3], r"0\.\.3"), ([-1, 1], r"-1\.\.1")])
def test_unknown_classes_are_refused(classes, got):
    for work in (with_centers(CENTERS), with_centers(CENTERS).update):
        with pytest.raises(InputError, match=rf"0\.\.2 .*got {got}"):
            work(EMBEDDINGS[:2], torch.tensor(classes))


@pytest.mark.parametrize("alpha", [0, -0.1, 1.1, float("nan")])
def test_impossible_alpha_is_refused(alpha):
    with pytest.raises(InputError, match=r"alpha=.* is outside \(0, 1\]"):
        CenterLoss(2, 2, alpha)


WORKER = """
import sys, numpy as np, torch, torch.distributed as dist
from datetime import timedelta
from sightlab.nets.losses import CenterLoss
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group(
    "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2, timeout=timedelta(seconds=120)
)
batch = {name: torch.from_numpy(a) for name, a in np.load(f"{folder}/batch.npz").items()}
loss = CenterLoss(0, batch["centers"].shape[1])
loss.grow(batch["centers"])
for start in (0, 20):  # two updates of 20 photos: the first 6 go to process 0, the others to process 1
    mine = slice(start, start + 6) if rank == 0 else slice(start + 6, start + 20)
    loss.update(batch["embeddings"][mine], batch["classes"][mine])
np.save(f"{folder}/centers_{rank}.npy", loss.centers.numpy())
dist.destroy_process_group()
"""


def test_two_processes_end_with_the_centers_of_one(tmp_path):
    embeddings, classes, centers = drawn_batch(9)
    classes[20:26] = 0  # in the second update process 0 has no landmark at all, and must still take part
    arrays = {"embeddings": embeddings, "classes": classes, "centers": centers}
    np.savez(tmp_path / "batch.npz", **{name: tensor.numpy() for name, tensor in arrays.items()})
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(tmp_path)], stderr=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    for worker in workers:
        _, told = worker.communicate(timeout=150)
        assert worker.returncode == 0, told
    alone = with_centers(centers)
    alone.update(embeddings[:20], classes[:20])
    alone.update(embeddings[20:], classes[20:])
    first, second = (np.load(tmp_path / f"centers_{rank}.npy") for rank in range(2))
    assert np.array_equal(first, second)
    np.testing.assert_allclose(first, alone.centers.numpy(), atol=1e-6)
