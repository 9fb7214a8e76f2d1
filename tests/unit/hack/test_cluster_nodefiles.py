"""Changes to kind's files, which are made only if the machine needs them."""

import pytest
from cluster.kindsource import manifest
from cluster.nodefiles import ENTRYPOINT_ANCHOR, Quirks, containerd_config, hide_unmounted_controllers

CONFIG = """\
version = 2

[proxy_plugins]
# fuse-overlayfs is used for rootless
[proxy_plugins."fuse-overlayfs"]
  type = "snapshot"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = false
"""


def test_containerd_gets_the_pause_image_that_is_there_and_no_missing_snapshotter() -> None:
    assert containerd_config(CONFIG, Quirks(without_sys_resource=False, cgroup_v1=False)) == (
        'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n'
        '  sandbox_image = "registry.k8s.io/pause:3.10.1"\n  restrict_oom_score_adj = false\n'
    )


def test_containerd_asks_for_no_lower_score_where_root_may_not_set_it() -> None:
    changed = containerd_config(CONFIG, Quirks(without_sys_resource=True, cgroup_v1=False))
    assert "restrict_oom_score_adj = true" in changed


def test_the_entrypoint_hides_controllers_before_the_cgroups_are_set_up() -> None:
    changed = hide_unmounted_controllers(f"start\n{ENTRYPOINT_ANCHOR} / pods\nend\n")
    assert (
        changed.index("remove_misc_controller") < changed.index("fake-cgroups-v1") < changed.index("kubelet will try")
    )


def test_another_entrypoint_is_noticed() -> None:
    with pytest.raises(ValueError, match="entrypoint has changed"):
        hide_unmounted_controllers("something else")


def test_a_manifest_is_read_from_go_source_with_the_names_filled_in() -> None:
    source = 'const image = "docker.io/x:1"\nvar list = []string{image}\nconst text = `\na: ` + image + `\nb: 2\n`\n'
    assert manifest(source, "text") == "\na: docker.io/x:1\nb: 2\n"
