"""Programs built from the Go module proxy; a Go module in a folder such as ``modules/`` pins the versions of each."""

from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from .cache import Cache, digest
from .pins import CRICTL, KIND, KUBERNETES
from .process import run
from .progress import step
from .toolchain import Go

MODULES = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True)
class Build:
    """One ``go build``: the packages of a module, the values that the linker writes into them, and build tags."""

    module: str
    packages: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    name: str = ""
    tags: tuple[str, ...] = ()
    modules: Path = MODULES

    @property
    def artifact(self) -> str:
        return f"go-{self.name or self.module}"


def _kubernetes_version() -> tuple[tuple[str, str], ...]:
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    values = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor, "gitCommit": "unknown"}
    values["gitTreeState"] = "clean"
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple((f"{package}.{name}", value) for package in packages for name, value in values.items())


KUBERNETES_PROGRAMS = Build("kubernetes", ("tool",), _kubernetes_version())
KUBECTL = Build("kubernetes", ("k8s.io/kubernetes/cmd/kubectl",), _kubernetes_version(), name="kubectl")
CRICTL_PROGRAM = Build(
    "crictl",
    ("github.com/kubernetes-sigs/cri-tools/cmd/crictl",),
    (("github.com/kubernetes-sigs/cri-tools/pkg/version.Version", CRICTL),),
)
COREDNS = Build("coredns", (".",))
LOCAL_PATH = Build("local-path-provisioner", ("github.com/rancher/local-path-provisioner",))
KINDNETD = Build("kindnetd", (".",))
PAUSE = Build("pause", (".",))


def key(build: Build, go: Go) -> str:
    """The inputs of a build: the module's files, its packages and options, the compiler."""
    return digest(go.version, *build.packages, repr(build.variables), *build.tags, build.modules / build.module)


def program_folder(cache: Cache, go: Go, build: Build) -> Path:
    """The folder with the programs of a build; builds them if necessary."""

    def compile_into(folder: Path) -> None:
        source = cache.scratch / f"src-{build.artifact}"
        copytree(build.modules / build.module, source)
        flags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in build.variables)])
        command: list[str | Path] = [
            go.command,
            "build",
            "-mod=mod",
            "-trimpath",
            "-tags",
            ",".join(build.tags),
            "-ldflags",
            flags,
            "-o",
            f"{folder}/",
        ]
        with step(f"Go build of {build.artifact.removeprefix('go-')}"):
            run([*command, *build.packages], cwd=source, env={"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"})

    return cache.ensure(build.artifact, key(build, go), compile_into)


def kind_program(cache: Cache, go: Go) -> Path:
    """kind itself, at the pinned version."""

    def install(folder: Path) -> None:
        with step(f"Go build of kind {KIND}"):
            variables = {"GOBIN": str(folder), "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
            run([go.command, "install", f"sigs.k8s.io/kind@{KIND}"], cwd=folder, env=variables)

    return cache.ensure("go-kind", digest(go.version, KIND), install) / "kind"


def kind_source(go: Go) -> Path:
    """kind's source, from which the node image takes files."""
    return module_source(go, "sigs.k8s.io/kind", KIND)


def module_source(go: Go, module: str, version: str) -> Path:
    """The folder with a module's source; Go downloads it if necessary."""
    module_cache = run([go.command, "env", "GOMODCACHE"], cwd=Path("/")).strip()
    folder = Path(module_cache) / f"{module}@{version}"
    if not folder.exists():
        run([go.command, "mod", "download", f"{module}@{version}"], cwd=Path("/"))
    return folder
