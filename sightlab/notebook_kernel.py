"""Executes one notebook with this Python, stops it cleanly, and says in words why it failed."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

HEARTBEAT_SECONDS = 30.0  # between two words about a notebook that is still running
STOP_SECONDS = 8.0  # an interrupted kernel may finish its cleaning up for so long, then it is killed


class NotebookFailed(RuntimeError):
    """A notebook stopped with an error.

    Attributes:
        notebook: its name, for example "04_curriculum_training".
        cell: what stands between the brackets of In [ ], None when it failed outside a cell.
        error: class name of the exception in the notebook, for example "InputError".
    """

    def __init__(self, message: str, notebook: str, cell: int | None, error: str):
        super().__init__(message)
        self.notebook, self.cell, self.error = notebook, cell, error


def execute_notebook(
    notebook: Path,
    copy: Path,
    parameters: Mapping[str, str],
    tell: Callable[[str], None] = lambda cell: None,
) -> None:
    """Executes one notebook with this Python and writes the executed copy.

    papermill works in a thread of its own, because Ctrl-C in the middle of its event loop leaves tasks
    behind; here the main thread takes the Ctrl-C, stops the kernel and waits for papermill to notice.

    Args:
        notebook: the notebook; stays as it is.
        copy: where the executed notebook goes, with outputs, also when it fails.
        parameters: values for the cell tagged `parameters`.
        tell: called about twice a minute with the cell that is running.
    Raises:
        NotebookFailed: with the reason in words and what to do.
        KeyboardInterrupt: after the kernel was stopped.
    """
    outcome: dict[str, BaseException] = {}
    kernels: list = []
    at = {"cell": "kernel starts"}
    ended = threading.Event()  # not Thread.join: a Ctrl-C inside that marks a running thread as ended

    def work() -> None:
        try:
            _papermill(notebook, copy, parameters, kernels, at)
        except BaseException as error:
            outcome["error"] = error
        finally:
            ended.set()

    # daemon: should papermill hang after its kernel was killed, it must not keep this process alive
    thread = threading.Thread(target=work, name=f"papermill {notebook.stem}", daemon=True)
    try:
        thread.start()
        told = time.monotonic()
        while not ended.wait(0.2):
            if time.monotonic() - told >= HEARTBEAT_SECONDS:
                told = time.monotonic()
                tell(at["cell"])
    except BaseException:
        for pid in kernels:
            _signal(pid, signal.SIGINT, group=False)  # the cell that runs gets a KeyboardInterrupt
        ended.wait(STOP_SECONDS)
        raise
    finally:
        for pid in kernels:  # also the workers that a killed kernel left behind
            _signal(pid, getattr(signal, "SIGKILL", signal.SIGTERM), group=True)
        ended.wait(STOP_SECONDS)
    if "error" in outcome:
        raise _in_words(outcome["error"], notebook, copy) from outcome["error"]


def _signal(pid: int, number: int, *, group: bool) -> None:
    """To a kernel, with all it started if `group` (a kernel leads its own process group)."""
    try:
        if group and hasattr(os, "killpg"):
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # gone already


def _kernel_manager_class(kernels: list) -> type:
    """A kernel manager that starts *this* Python, whatever kernels are registered on the machine."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(AsyncKernelManager):
        transport_encryption = "auto"  # on a shared machine nobody else can read or send messages

        @property
        def kernel_spec(self):
            return KernelSpec(**get_kernel_dict())  # its first word is sys.executable

        async def start_kernel(self, **kw):
            await super().start_kernel(**kw)
            if self.provisioner.pid:
                kernels.append(self.provisioner.pid)

    return ThisPython


def _papermill(notebook: Path, copy: Path, parameters: Mapping, kernels: list, at: dict) -> None:
    import logging

    import papermill
    from jupyter_core.utils import ensure_event_loop

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it says is said better in words

    def on_cell_start(cell, cell_index):
        at["cell"] = f"cell {cell_index + 1}"

    loop = ensure_event_loop()
    try:
        papermill.execute_notebook(
            str(Path(notebook).resolve()),
            str(Path(copy).resolve()),
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            resources={"metadata": {"path": str(Path(notebook).resolve().parent)}},  # its working folder
            kernel_manager_class=_kernel_manager_class(kernels),
            on_cell_start=on_cell_start,
        )
    finally:
        loop.close()


def _in_words(error: BaseException, notebook: Path, copy: Path) -> NotebookFailed:
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    name = notebook.stem
    again = (
        f"The executed copy with the whole traceback: {copy}\n"
        "Everything finished before stays in the workspace. Correct the cause and give the same command "
        "again: it continues from there."
    )
    if isinstance(error, PapermillExecutionError):
        text = str(error.evalue).strip()
        if error.ename != "InputError":  # ours are written to be read whole; of others the last line
            text = text.splitlines()[-1] if text else "(no message)"
        cell, kind = error.exec_count, error.ename
        return NotebookFailed(
            f"{name} stopped in cell In [{cell}].\n{kind}: {text}\n{again}", name, cell, kind
        )
    if isinstance(error, DeadKernelError):
        why = (
            "its Python process ended without a message. It was killed from outside or crashed; on most "
            "machines this means that memory ran out. Close other programs or use a smaller profile."
        )
        return NotebookFailed(f"{name} stopped: {why}\n{again}", name, None, type(error).__name__)
    last = (str(error).strip() or "(no message)").splitlines()[-1]
    return NotebookFailed(
        f"{name} could not be executed: {type(error).__name__}: {last}\n{again}",
        name,
        None,
        type(error).__name__,
    )
