"""The Python peers of the linear and cv suites: scikit-learn, celer, skglm, adelie, glum.

A worker as worker.py is one, and in its protocol. Every task solves the same
problems, named by their inputs: x (Fortran order) or x_data, x_indices, x_indptr
(CSC), y (a column a task), alphas in descending order, and params l1_ratio, tol,
max_iter, intercept. The answer is, alpha by alpha, the coefficients and then the
intercepts. What each tolerance means is the peer's own affair: the benchmark takes
the loosest at which the duality gap is small enough.

Cross-validation has the inputs l1_ratios and alphas (the grid, for those who do not make
their own), and params folds, alphas, eps. Its answer is the alphas and the mean errors,
l1_ratio by l1_ratio, the best alpha and the best l1_ratio.
"""

from functools import lru_cache

import numpy as np
import worker
from worker import array, inputs

worker.PEERS = {
    "sklearn": ["numpy", "scipy", "sklearn", "joblib"],
    "celer": ["numpy", "sklearn", "celer"],
    "skglm": ["numpy", "numba", "sklearn", "skglm"],
    "adelie": ["numpy", "adelie"],
    "glum": ["numpy", "glum"],
}


@lru_cache(maxsize=None)
def csc(data, indices, indptr, rows):
    import scipy.sparse

    parts = (array(data, "c"), np.asarray(array(indices), np.int32), np.asarray(array(indptr), np.int32))
    return scipy.sparse.csc_matrix(parts, shape=(rows, len(parts[2]) - 1))


def problem(request, mode="r"):
    """X, y, alphas and the parameters; mode "c" for peers that want X writable."""
    y, alphas = inputs(request, "y", "alphas")
    names = request["inputs"]
    if "x" in names:
        x = array(names["x"], mode)
    else:
        x = csc(names["x_data"], names["x_indices"], names["x_indptr"], len(y))
    return x, np.array(y), np.asarray(alphas), request["params"]


def solved(call):
    """The task whose call returns coefficients and intercepts, a row an alpha."""
    box = [None]

    def run():
        box[0] = call()

    def answer():
        coefs, intercepts = box[0]
        coefs = np.asarray(coefs, np.float64)
        tasks = coefs.shape[1] if coefs.ndim == 3 else 1
        rest = np.broadcast_to(np.reshape(intercepts, (len(coefs), -1)), (len(coefs), tasks))
        return np.column_stack([coefs.reshape(len(coefs), -1), rest])

    return run, answer


def one_by_one(model, x, y, alphas):
    """Warm-started fits, for models that have no path."""

    def call():
        coefs, intercepts = [], []
        for alpha in alphas:
            model.set_params(alpha=alpha)
            model.fit(x, y)
            coefs.append(model.coef_.copy())
            intercepts.append(np.array(model.intercept_))
        return coefs, intercepts

    return solved(call)


def sklearn_path(request):
    from sklearn.linear_model import ElasticNet, enet_path

    x, y, alphas, p = problem(request)
    if p["intercept"]:
        model = ElasticNet(l1_ratio=p["l1_ratio"], tol=p["tol"], max_iter=int(p["max_iter"]), warm_start=True)
        return one_by_one(model, x, y, alphas)
    options = dict(l1_ratio=p["l1_ratio"], alphas=alphas, tol=p["tol"], max_iter=int(p["max_iter"]), copy_X=False)
    options["precompute"] = "auto" if p.get("gram", 1) else False

    def call():
        return enet_path(x, y, **options)[1].T, np.zeros(len(alphas))

    return solved(call)


def sklearn_multitask(request):
    from sklearn.linear_model import MultiTaskElasticNet

    x, y, alphas, p = problem(request)
    model = MultiTaskElasticNet(
        l1_ratio=p["l1_ratio"], tol=p["tol"], max_iter=int(p["max_iter"]), warm_start=True, fit_intercept=False
    )
    return one_by_one(model, x, y, alphas)


def celer_path(request):
    import celer

    x, y, alphas, p = problem(request, "c")
    mean = y.mean() if p["intercept"] else 0.0
    options = dict(alphas=alphas, tol=p["tol"], max_iter=200, max_epochs=int(p["max_iter"]))
    if p["intercept"]:
        options.update(X_offset=np.asarray(x.mean(axis=0)).ravel(), X_scale=np.ones(x.shape[1]))

    def call():
        coefs = celer.celer_path(x, y - mean, "lasso", **options)[1].T
        intercepts = np.zeros(len(alphas))
        if p["intercept"]:
            intercepts = mean - coefs @ options["X_offset"]
        return coefs, intercepts

    return solved(call)


def skglm_path(request):
    import skglm

    x, y, alphas, p = problem(request)
    intercept = bool(p["intercept"])
    model = skglm.Lasso(tol=p["tol"], fit_intercept=intercept, max_iter=200, max_epochs=int(p["max_iter"]))

    def call():
        coefs = model.path(x, y, alphas)[1].T
        return (coefs[:, :-1], coefs[:, -1]) if intercept else (coefs, np.zeros(len(alphas)))

    return solved(call)


def skglm_multitask(request):
    import skglm

    x, y, alphas, p = problem(request)
    model = skglm.MultiTaskLasso(tol=p["tol"], max_iter=200, max_epochs=int(p["max_iter"]), warm_start=True, fit_intercept=False)
    return one_by_one(model, x, y, alphas)


def adelie_path(request):
    import adelie

    x, y, alphas, p = problem(request)
    glm = adelie.glm.gaussian(y=y)

    def call():
        state = adelie.grpnet(
            x,
            glm,
            alpha=p["l1_ratio"],
            lmda_path=alphas,
            tol=p["tol"],
            max_iters=int(p["max_iter"]),
            intercept=bool(p["intercept"]),
            n_threads=request["threads"],
            early_exit=False,
            progress_bar=False,
        )
        return state.betas.toarray(), state.intercepts

    return solved(call)


def glum_path(request):
    import glum

    x, y, alphas, p = problem(request)
    model = glum.GeneralizedLinearRegressor(
        family="normal",
        l1_ratio=p["l1_ratio"],
        fit_intercept=bool(p["intercept"]),
        gradient_tol=p["tol"],
        max_iter=1000,
        max_inner_iter=int(p["max_iter"]),
        warm_start=True,
        check_input=False,
    )
    return one_by_one(model, x, y, alphas)


def sklearn_cv(request):
    """With backend 1 to 3 joblib's threading, loky or multiprocessing, else as it comes."""
    import joblib
    from sklearn.linear_model import ElasticNetCV, enet_path
    from sklearn.model_selection import KFold

    x, y, _, p = problem(request)
    (l1_ratios,) = inputs(request, "l1_ratios")
    gaps = []

    def path(x, y, **options):
        """enet_path, which tells its gaps; y is centred."""
        alphas, coefs, found = enet_path(x, y, **options)
        gaps.append(found * len(y) / (y @ y))
        return alphas, coefs, found

    class Telling(ElasticNetCV):
        pass

    backend = [None, "threading", "loky", "multiprocessing"][int(p.get("backend", 0))]
    inside = backend in (None, "threading")  # of this process
    if inside:
        Telling.path = staticmethod(path)
    model = (Telling if inside else ElasticNetCV)(
        l1_ratio=list(l1_ratios),
        alphas=int(p["alphas"]),
        eps=p["eps"],
        cv=KFold(int(p["folds"])),
        tol=p["tol"],
        max_iter=int(p["max_iter"]),
        fit_intercept=bool(p["intercept"]),
        n_jobs=request["threads"],
    )

    def call():
        gaps.clear()
        if backend is None:
            return model.fit(x, y)
        with joblib.parallel_config(backend=backend, n_jobs=request["threads"]):
            return model.fit(x, y)

    def info():
        if not gaps:
            return {}
        every = np.concatenate(gaps)
        return {"worst gap": float(every.max()), "median gap": float(np.median(every)), "sets": int(backend is None)}

    return call, lambda: crossed(model.alphas_, model.mse_path_.mean(-1), model), info


def crossed(alphas, means, model):
    return np.concatenate([np.ravel(alphas), np.ravel(means), [model.alpha_, getattr(model, "l1_ratio_", 1.0)]])


def celer_cv(request):
    """celer 0.7.4 hands its __init__ arguments to scikit-learn by a name that is gone
    since 1.9, so the estimator's attributes are set here; the rest is its own."""
    import inspect

    import celer
    from sklearn.model_selection import KFold

    x, y, _, p = problem(request, "c")
    (l1_ratios,) = inputs(request, "l1_ratios")
    options = dict(
        alphas=int(p["alphas"]),
        eps=p["eps"],
        cv=KFold(int(p["folds"])),
        tol=p["tol"],
        max_iter=200,
        fit_intercept=bool(p["intercept"]),
        n_jobs=request["threads"],
        l1_ratio=list(l1_ratios),
    )
    kind = celer.LassoCV if list(l1_ratios) == [1] else celer.ElasticNetCV
    model = object.__new__(kind)
    for parent in kind.__mro__[2], kind:  # LinearModelCV first
        for name, parameter in inspect.signature(parent).parameters.items():
            setattr(model, name, options.get(name, parameter.default))
    return lambda: model.fit(x, y), lambda: crossed(model.alphas_, model.mse_path_.mean(-1), model)


def by_columns(x):
    return x.tocsc() if hasattr(x, "tocsc") else np.asfortranarray(x)


def skglm_fold(x, y, train, test, l1_ratio, alphas, intercept, tol):
    """The errors of a path on one fold."""
    import skglm

    model = skglm.ElasticNet(l1_ratio=l1_ratio, tol=tol, fit_intercept=intercept, max_iter=200, max_epochs=100_000)
    coefs = model.path(by_columns(x[train]), y[train], alphas)[1]
    offset = coefs[-1] if intercept else 0.0
    off = x[test] @ coefs[: x.shape[1]] + offset - y[test][:, None]
    return (off**2).mean(axis=0)


def skglm_cv(request):
    """skglm has paths and no cross-validation: its paths in joblib, and the last fit."""
    import joblib
    import skglm
    from sklearn.model_selection import KFold

    x, y, grid, p = problem(request, "c")
    (l1_ratios,) = inputs(request, "l1_ratios")
    grid, intercept, box = grid.reshape(len(l1_ratios), -1), bool(p["intercept"]), []

    def call():
        jobs = (
            joblib.delayed(skglm_fold)(x, y, train, test, l1, alphas, intercept, p["tol"])
            for l1, alphas in zip(l1_ratios, grid)
            for train, test in KFold(int(p["folds"])).split(x)
        )
        errors = joblib.Parallel(n_jobs=request["threads"])(jobs)
        means = np.mean(np.reshape(errors, (len(l1_ratios), int(p["folds"]), -1)), axis=1)
        l, a = np.unravel_index(means.argmin(), means.shape)
        skglm.ElasticNet(alpha=grid[l, a], l1_ratio=l1_ratios[l], tol=p["tol"], fit_intercept=intercept).fit(x, y)
        box[:] = [np.concatenate([grid.ravel(), means.ravel(), [grid[l, a], l1_ratios[l]]])]

    return call, lambda: box[0]


worker.TASKS = {
    name: task
    for name, task in globals().items()
    if name.endswith(("_path", "_multitask", "_cv"))
}

if __name__ == "__main__":
    worker.main()
