"""Fits and evaluates the model that a `training:` section configures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold

from easy_mlops.config.check.training import check_training
from easy_mlops.config.errors import require
from easy_mlops.config.training import TrainingSection
from easy_mlops.pages import object_table
from easy_mlops.training.estimators import call, make_estimator, model_type_of
from easy_mlops.training.metrics import classification_metrics, has_one_class, regression_metrics
from easy_mlops.training.targets import Problem, problem_of, split_rows


class ModelTrainer:
    """Fit and evaluate the model that the `training:` section of the configuration describes.

    Parameters
    ----------
    config : TrainingSection or mapping, optional
        The `training:` section; the default is an empty one.

    Attributes
    ----------
    model : estimator or None
        The fitted estimator.
    model_type : str
        The concrete model type, `auto` resolved; empty before `fit`.
    is_classifier : bool
        Whether the target is a class.
    metrics : dict of str to float
        Metrics on rows that the model has not seen, and of cross-validation.
    notes : list of str
        Remarks for the user, such as a solver that did not converge.

    Raises
    ------
    ConfigError
        If the section is not valid.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from easy_mlops.training import ModelTrainer
    >>> features, target = load_iris(return_X_y=True, as_frame=True)
    >>> trainer = ModelTrainer({"model_type": "logistic_regression", "cv_folds": 0})
    >>> results = trainer.train(features, target)
    >>> results["n_train"], results["n_test"]
    (120, 30)
    >>> trainer.predict(features).shape
    (150,)
    >>> trainer
    ModelTrainer(backend='sklearn', model_type='logistic_regression', fitted=True)
    """

    def __init__(self, config: TrainingSection | Mapping[str, Any] | None = None) -> None:
        self.config = config if isinstance(config, TrainingSection) else TrainingSection.parse(config, "training")
        require(check_training(self.config, "training"))
        self.model: Any = None
        self.model_type = ""
        self.is_classifier = False
        self.metrics: dict[str, float] = {}
        self.notes: list[str] = []

    def __repr__(self) -> str:
        model_type = self.model_type or self.config.model_type
        fitted = self.model is not None
        return f"{type(self).__name__}(backend={self.config.backend!r}, model_type={model_type!r}, fitted={fitted})"

    def _repr_html_(self) -> str:
        rows = {"backend": self.config.backend, "model_type": self.model_type or self.config.model_type}
        return object_table(type(self).__name__, rows | {name: f"{value:.4g}" for name, value in self.metrics.items()})

    def problem(self, target: pd.Series) -> Problem:
        """The problem that the section and the target imply.

        A model type that supports only one problem decides; otherwise the target does, see `problem_of`.

        Parameters
        ----------
        target : Series, shape (n_rows,)
            What to predict.

        Returns
        -------
        {"classification", "regression"}
        """
        fixed: dict[str, Problem] = {
            "logistic_regression": "classification",
            "random_forest_classifier": "classification",
            "linear_regression": "regression",
            "random_forest_regressor": "regression",
        }
        by_target = problem_of(target)
        if self.config.callable is not None:
            estimator = call(self.config)
            if not isinstance(estimator, BaseEstimator):  # its kind is unknown
                return by_target
            if is_classifier(estimator):
                return "classification"
            return "regression" if is_regressor(estimator) and pd.api.types.is_numeric_dtype(target) else by_target
        wanted = fixed.get(self.config.model_type, by_target)
        # Numbers can be classes as well as amounts; texts can only be classes.
        return by_target if wanted == "regression" and not pd.api.types.is_numeric_dtype(target) else wanted

    def split(self, target: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the training and held-out rows, see `split_rows`.

        Parameters
        ----------
        target : Series, shape (n_rows,)
            What to predict.

        Returns
        -------
        train : ndarray of int, shape (n_train,)
        test : ndarray of int, shape (n_test,)
        """
        return split_rows(
            target,
            test_size=self.config.test_size,
            random_state=self.config.random_state,
            stratify=self.problem(target) == "classification",
        )

    def fit(self, features: Any, target: pd.Series) -> Self:
        """Fit the estimator.

        Parameters
        ----------
        features : DataFrame or ndarray, shape (n_rows, n_features)
            The rows.
        target : Series, shape (n_rows,)
            What to predict.

        Returns
        -------
        self
        """
        problem = self.problem(target)
        self.model_type = model_type_of(self.config, problem)
        self.is_classifier = problem == "classification"
        self.model = self._fitted(make_estimator(self.config, problem), features, target)
        return self

    def evaluate(self, features: Any, target: pd.Series) -> dict[str, float]:
        """Metrics on rows that the model has not seen; they are added to `metrics`.

        Parameters
        ----------
        features : DataFrame or ndarray, shape (n_rows, n_features)
            The rows.
        target : Series, shape (n_rows,)
            What to predict.

        Returns
        -------
        dict of str to float
            Values by name of the metric.
        """
        measure = classification_metrics if self.is_classifier else regression_metrics
        if self.is_classifier and has_one_class(target):
            self.notes.append(
                f"all {len(target)} held-out rows have the class {target.iloc[0]!r}: no metric is measured on them; "
                "use more rows of the other classes, or a larger training.test_size"
            )
        self.metrics |= measure(self.model, features, target)
        return dict(self.metrics)

    def cross_validate(self, features: Any, target: pd.Series) -> dict[str, float]:
        """Mean and population standard deviation of accuracy, or of r2_score, over `cv_folds` folds.

        The results are added to `metrics`.

        Parameters
        ----------
        features : DataFrame or ndarray, shape (n_rows, n_features)
            The rows.
        target : Series, shape (n_rows,)
            What to predict.

        Returns
        -------
        dict of str to float
            `cv_mean` and `cv_std`; empty if cross-validation is disabled or a class has too few rows.
        """
        folds = self._folds(target)
        if folds is None:
            return {}
        problem: Problem = "classification" if self.is_classifier else "regression"
        measure, name = (classification_metrics, "accuracy") if self.is_classifier else (regression_metrics, "r2_score")
        table = features if isinstance(features, pd.DataFrame) else np.asarray(features)
        scores = []
        for train, test in folds.split(np.zeros(len(target)), target):
            rows, held_out = (
                (table.iloc[train], table.iloc[test])
                if isinstance(table, pd.DataFrame)
                else (table[train], table[test])
            )
            model = self._fitted(make_estimator(self.config, problem), rows, target.iloc[train])
            scores.append(measure(model, held_out, target.iloc[test]).get(name))
        values = [score for score in scores if score is not None]
        if len(values) < len(scores):
            return {}
        figures = {"cv_mean": float(np.mean(values)), "cv_std": float(np.std(values))}
        self.metrics |= figures
        return figures

    def train(
        self, features: Any, target: pd.Series, test_features: Any = None, test_target: pd.Series | None = None
    ) -> dict[str, Any]:
        """Fit, evaluate and cross-validate.

        Parameters
        ----------
        features : DataFrame or ndarray, shape (n_rows, n_features)
            The rows to train on.
        target : Series, shape (n_rows,)
            What to predict.
        test_features : DataFrame or ndarray, shape (n_test, n_features), optional
            The rows to evaluate on; by default a fraction `test_size` of `features` is held out.
        test_target : Series, shape (n_test,), optional
            The target of `test_features`.

        Returns
        -------
        dict
            `model_type`, `is_classifier`, `backend`, `metrics`, `n_train` and `n_test`.
        """
        if test_features is None or test_target is None:
            train, test = self.split(target)
            take = features.iloc if isinstance(features, pd.DataFrame) else np.asarray(features)
            features, test_features = take[train], take[test]
            target, test_target = target.iloc[train], target.iloc[test]
        self.fit(features, target)
        self.evaluate(test_features, test_target)
        self.cross_validate(features, target)
        return self.results(n_train=len(target), n_test=len(test_target))

    def results(self, *, n_train: int, n_test: int) -> dict[str, Any]:
        """The training results that are written to the metadata.

        Parameters
        ----------
        n_train : int
            Number of rows that the model was fitted on.
        n_test : int
            Number of held-out rows.

        Returns
        -------
        dict
        """
        return {
            "model_type": self.model_type,
            "is_classifier": self.is_classifier,
            "backend": self.config.backend,
            "metrics": dict(self.metrics),
            "n_train": n_train,
            "n_test": n_test,
        }

    def predict(self, features: Any) -> Any:
        """One prediction for each row.

        Parameters
        ----------
        features : DataFrame or ndarray, shape (n_rows, n_features)
            The rows.

        Returns
        -------
        ndarray, shape (n_rows,)

        Raises
        ------
        RuntimeError
            Before `fit`.
        """
        if self.model is None:
            raise RuntimeError("the model has not been trained: call fit or train first")
        return self.model.predict(features)

    def save_model(self, path: str | Path) -> None:
        """Write the model file: a mapping whose `model` is the estimator.

        Parameters
        ----------
        path : str or path
            The file.
        """
        if self.model is None:
            raise RuntimeError("the model has not been trained: call fit or train first")
        joblib.dump(
            {
                "model": self.model,
                "model_type": self.model_type,
                "is_classifier": self.is_classifier,
                "metrics": dict(self.metrics),
                "backend": self.config.backend,
            },
            path,
        )

    def load_model(self, path: str | Path) -> Self:
        """Load a trusted model file: it is unpickled without verification.

        For a deployment, use `easy_mlops.deployment`, which verifies it first.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        self
        """
        data = joblib.load(path)
        self.model = data["model"]
        self.model_type = data["model_type"]
        self.is_classifier = data["is_classifier"]
        self.metrics = dict(data["metrics"])
        return self

    def _fitted(self, model: Any, features: Any, target: pd.Series) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(features, target.to_numpy())
        for warning in caught:
            note = str(warning.message).splitlines()[0]
            if note not in self.notes:
                self.notes.append(note)
        return model

    def _folds(self, target: pd.Series) -> KFold | StratifiedKFold | None:
        folds = self.config.cv_folds
        if self.is_classifier:
            folds = min(folds, int(target.value_counts().min()))
            kind: type[KFold | StratifiedKFold] = StratifiedKFold
        else:
            folds = min(folds, len(target) // 2)
            kind = KFold
        return kind(folds, shuffle=True, random_state=self.config.random_state) if folds >= 2 else None
