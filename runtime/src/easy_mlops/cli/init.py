"""`make-mlops-easy init`: a configuration and a ModelDeployment to begin with, commented and valid."""

from __future__ import annotations

import argparse
import textwrap
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from easy_mlops.cli.output import UserError, show, writing
from easy_mlops.contract import API_VERSION, EXIT_OK, KIND, RESOURCE_FILE

SECTIONS: Final = """\
data:
  uri: sklearn://breast_cancer    # or file:///path (without a cluster), configmap://name/key, pvc://claim/path
preprocessing:
  handle_missing: median          # drop, mean, median, mode or constant
  encode_categorical: true
  scale_features: true
training:
  model_type: auto                # or logistic_regression, random_forest_classifier, hist_gradient_boosting, …
  test_size: 0.2                  # share of the rows held out to measure the model
  cv_folds: 5
deployment:
  output_dir: ./models
  deployment_prefix: deployment   # directories are <prefix>_<time>
  version: 1.0.0
observability:
  # alert_threshold: 0.8          # of every measured metric without a threshold of its own
  metric_thresholds:
    accuracy: 0.85
"""

MANIFEST: Final = f"""\
# kubectl apply -f {{file}}, or without a cluster: make-mlops-easy run -f {{file}}
apiVersion: {API_VERSION}
kind: {KIND}
metadata:
  name: my-model
spec:
"""


def run(arguments: argparse.Namespace) -> int:
    """Write both files beside each other; files that exist stay unless `--force`."""
    config = Path(arguments.to)
    manifest = config.with_name(RESOURCE_FILE)
    texts = {
        config: SECTIONS,
        manifest: MANIFEST.format(file=manifest) + textwrap.indent(SECTIONS, "  "),
    }
    if config == manifest:
        raise UserError(f"-o {config}: that is the name of the other file that init writes")
    if not arguments.force and (there := [file for file in texts if file.exists()]):
        raise UserError(f"{', '.join(map(str, there))} exists already; --force overwrites it")
    with ExitStack() as stack:  # both or none
        for stream, text in [(stack.enter_context(writing(str(file))), text) for file, text in texts.items()]:
            stream.write(text)
    show(arguments.output, {"files": [str(file) for file in texts]}, (f"wrote {file}" for file in texts))
    return EXIT_OK
