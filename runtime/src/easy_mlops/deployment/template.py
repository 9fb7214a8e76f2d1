"""The helper script that `endpoint_script` writes by default; it prints what `POST /predict` answers."""

from typing import Final

DEFAULT_ENDPOINT_TEMPLATE: Final = '''\
#!/usr/bin/env python3
"""Score the rows of a CSV or Parquet file with the model in this directory: predict.py DATA"""

import json
import sys
from pathlib import Path

from easy_mlops.deployment import ModelDeployer


def predict(path):
    """Return one prediction for each row of the file."""
    model_data, preprocessor, _ = ModelDeployer().load_deployed_model(Path(__file__).resolve().parent)
    if preprocessor is None:
        import pandas as pd

        return model_data["model"].predict(pd.read_csv(path)).tolist()
    rows = preprocessor.load_data(path)
    features, _ = preprocessor.prepare_data(rows, target_column=None, fit=False)
    return model_data["model"].predict(features).tolist()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DATA")
    print(json.dumps({"predictions": predict(sys.argv[1])}))
'''
