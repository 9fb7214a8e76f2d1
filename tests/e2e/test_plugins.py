"""A custom step in a ConfigMap: the example of the guide runs in the Job, and only with the right SHA-256."""

from __future__ import annotations

from kube import Namespace, condition, config_map, has_reason, model_deployment, ready
from plugin_files import sha256

# The guide's own example, word for word, with what it calls.
GUIDE = """
from easy_mlops.deployment import ModelDeployer, DeploymentStep, DeploymentContext


def push_directory_to_s3(directory):
    (directory / "pushed.txt").write_text(str(directory.name))
    return f"s3://models/{directory.name}"


class UploadToS3Step(DeploymentStep):
    name = "upload_to_s3"

    def run(self, context: DeploymentContext) -> None:
        artifact_dir = context.deployment_dir
        uri = push_directory_to_s3(artifact_dir)
        context.artifacts["s3_uri"] = uri

ModelDeployer.register_step(UploadToS3Step)
"""
STEPS = ["create_directory", "save_model", "save_preprocessor", "save_metadata", "upload_to_s3"]


def with_plugin(name: str, digest: str, config_map: str = "my-steps") -> dict[str, object]:
    plugin = {"configMap": config_map, "module": "my_steps", "sha256": digest}
    return model_deployment(name, deployment={"steps": STEPS}, pipeline={"plugins": [plugin]})


def test_the_step_from_the_guide_runs_in_the_job_and_its_source_is_deployed_with_the_model(
    namespace: Namespace,
) -> None:
    namespace.apply(config_map("my-steps", my_steps_dot_py=GUIDE))
    namespace.apply(with_plugin("plugged", sha256(GUIDE)))
    resource = ready(namespace, "plugged")
    steps = {step["name"]: step["state"] for step in resource["status"]["pipeline"]["steps"]}
    assert steps["upload_to_s3"] == "Succeeded"
    pod = namespace.list("pods", "easymlops.dev/modeldeployment=plugged,app.kubernetes.io/component=serving")[0]
    listing = namespace.kubectl("exec", pod["metadata"]["name"], "--", "ls", "/model", "/model/plugins")
    assert {"pushed.txt", "my_steps.py"} <= set(listing.split())


def test_a_plugin_with_a_wrong_digest_never_runs(namespace: Namespace) -> None:
    namespace.apply(config_map("forged", my_steps_dot_py="raise SystemExit('it ran')\n"))
    namespace.apply(with_plugin("forged", sha256(GUIDE), "forged"))
    resource = namespace.wait("md", "forged", has_reason("PipelineSucceeded", "InvalidSpec"), seconds=120)
    message = condition(resource, "PipelineSucceeded")["message"]
    assert "spec.pipeline.plugins[0]" in message
    assert sha256(GUIDE) in message
    assert condition(resource, "Stalled")["status"] == "True"


def test_a_missing_plugin_is_waited_for(namespace: Namespace) -> None:
    namespace.apply(with_plugin("early", sha256(GUIDE), "later"))
    resource = namespace.wait("md", "early", has_reason("PipelineSucceeded", "DataUnavailable"), seconds=20)
    message = condition(resource, "PipelineSucceeded")["message"]
    assert message.startswith("spec.pipeline.plugins[0]: ConfigMap 'later' does not exist")
    assert namespace.list("jobs", "easymlops.dev/modeldeployment=early") == []
    namespace.apply(config_map("later", my_steps_dot_py=GUIDE))
    ready(namespace, "early")
