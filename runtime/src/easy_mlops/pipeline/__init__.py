"""The whole way of a model: from a table to a published directory, and what is done with one afterwards."""

from easy_mlops.pipeline.mlops import MLOpsPipeline

__all__ = ["MLOpsPipeline"]
