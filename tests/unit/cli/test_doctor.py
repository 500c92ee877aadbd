"""The doctor finds what was planted and says how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli.checks import Finding, Machine, cuda_libraries, interpreter, packages, ray, torch_build
from workbench.cli.doctor import table

GPU = "Driver Version: 550.1   CUDA Version: 12.4"


def machine(*, smi: str = "", python: tuple[int, int, int] = (3, 11, 7), **installed: str) -> Machine:
    return Machine(
        python=python, packages=installed, say=lambda command: smi if command[0] == "nvidia-smi" else "", system="Linux"
    )


def test_an_old_interpreter_is_named_with_the_least_one() -> None:
    [found] = interpreter(machine(python=(3, 10, 2)))
    assert (found.state, found.mend) == ("broken", "Use Python 3.11 or newer.")


@pytest.mark.parametrize(
    ("torch", "smi", "state", "said"),
    [
        ("2.13.0+cpu", "", "ok", "2.13.0+cpu"),
        ("2.13.0+cpu", GPU, "note", "leaves the GPU idle"),
        ("2.13.0+cu130", GPU, "broken", "needs CUDA 13.0, the driver has 12.4"),
        ("2.13.0+cu124", GPU, "ok", "2.13.0+cu124"),
        ("2.13.0+cu130", "", "note", "no driver answers"),
    ],
)
def test_torch_its_cuda_and_the_driver_are_compared(torch: str, smi: str, state: str, said: str) -> None:
    [found] = torch_build(machine(smi=smi, torch=torch))
    assert found.state == state
    assert said in found.said


def test_a_torchvision_of_another_build_is_found() -> None:
    found = list(torch_build(machine(torch="2.13.0+cpu", torchvision="0.28.0")))
    assert [(f.name, f.state, f.mend) for f in found[1:]] == [("torchvision", "broken", "pip uninstall torchvision")]


def test_cuda_libraries_of_another_release_are_found() -> None:
    planted = {"torch": "2.13.0+cu130", "nvidia-cudnn-cu12": "9.1.0", "nvidia-cublas-cu13": "13.0.1"}
    found = {f.name: f for f in cuda_libraries(Machine(packages=planted, library_path=()))}
    assert found["cuda libraries"].state == "broken"
    assert found["cuda libraries"].said == "torch was built for CUDA 13, beside it are nvidia-cudnn-cu12 9.1.0"
    assert found["cuda libraries"].mend == "pip uninstall nvidia-cudnn-cu12"


def test_another_cudnn_on_the_library_path_is_found(tmp_path: Path) -> None:
    (tmp_path / "libcudnn.so.8").touch()
    planted = Machine(packages={"torch": "2.13.0+cu130", "nvidia-cudnn-cu13": "9.14.0"}, library_path=(str(tmp_path),))
    found = {f.name: f for f in cuda_libraries(planted)}
    assert found["cudnn"].state == "broken"
    assert str(tmp_path) in found["cudnn"].mend
    assert [f.said for f in cuda_libraries(Machine(packages=planted.packages, library_path=()))] == ["9.14.0"]


def test_a_package_that_does_not_fit_another_is_found() -> None:
    planted = {**Machine().packages, "jinja2": "1.0"}
    found = [f for f in packages(Machine(packages=planted)) if f.name == "conflict"]
    assert any("needs jinja2" in f.said.lower() and "found 1.0" in f.said for f in found)


def test_a_missing_ray_is_a_note_with_the_line_that_brings_it() -> None:
    [found] = ray(machine())
    assert (found.state, found.mend) == ("note", "pip install 'perception-workbench[scale]'")


def test_the_table_puts_the_way_to_mend_below_the_finding() -> None:
    lines = table([Finding("python", "ok", "3.11"), Finding("torch", "broken", "is old", "pip install torch")]).splitlines()
    assert lines == ["ok    python  3.11", "FIX   torch   is old", "              -> pip install torch"]
