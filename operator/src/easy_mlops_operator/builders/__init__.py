"""Children of a ModelDeployment: one pure function for each kind that returns the desired manifest."""

from easy_mlops_operator.builders.autoscaler import build_autoscaler
from easy_mlops_operator.builders.budget import build_budget
from easy_mlops_operator.builders.claim import build_claim
from easy_mlops_operator.builders.config import build_config
from easy_mlops_operator.builders.deployment import TEMPLATE_REVISION, TEMPLATES, Served, build_deployment
from easy_mlops_operator.builders.job import build_job, pipeline_hash
from easy_mlops_operator.builders.networkpolicy import build_policies
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import Claim
from easy_mlops_operator.builders.pruner import build_pruner, pruned_by
from easy_mlops_operator.builders.search import build_search
from easy_mlops_operator.builders.service import build_service

__all__ = [
    "TEMPLATES",
    "TEMPLATE_REVISION",
    "Claim",
    "Parent",
    "Served",
    "build_autoscaler",
    "build_budget",
    "build_claim",
    "build_config",
    "build_deployment",
    "build_job",
    "build_policies",
    "build_pruner",
    "build_search",
    "build_service",
    "pipeline_hash",
    "pruned_by",
]
