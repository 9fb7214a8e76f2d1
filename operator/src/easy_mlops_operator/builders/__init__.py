"""Children of a ModelDeployment: one pure function for each kind, from what is wanted to a manifest."""

from easy_mlops_operator.builders.claim import build_claim
from easy_mlops_operator.builders.config import build_config
from easy_mlops_operator.builders.deployment import Served, build_deployment
from easy_mlops_operator.builders.job import build_job, pipeline_hash
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import Claim
from easy_mlops_operator.builders.quantity import amount
from easy_mlops_operator.builders.service import build_service

__all__ = [
    "Claim",
    "Parent",
    "Served",
    "amount",
    "build_claim",
    "build_config",
    "build_deployment",
    "build_job",
    "build_service",
    "pipeline_hash",
]
