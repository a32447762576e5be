"""The Python peers: a worker process that stays up and times itself.

The benchmark starts one for each peer, e.g. `worker.py sklearn --blas 1`, and
speaks JSON lines with it (protocol.go says how). A task is a function of the
request that returns two more: run, which alone is timed, and answer, which
returns what run came to. Arrays are memory-mapped from the files that every
contender maps; pools are kept from one request to the next, so that no peer pays
for starting one.
"""

import argparse
import http.client
import importlib
import json
import math
import os
import platform
import sys
import time
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import lru_cache

# What each peer imports, and so what its hello names the version of.
PEERS = {
    "numpy": ["numpy"],
    "cython": ["numpy", "colsum_prange"],
    "pool": ["numpy", "multiprocessing"],
    "sklearn": ["numpy", "scipy", "sklearn", "joblib"],
    "joblib": ["numpy", "joblib"],
    "executors": ["numpy"],
    "numba": ["numpy", "numba"],
    "polars": ["numpy", "polars"],
}


@lru_cache(maxsize=None)
def array(path, mode="r"):
    """The mapped array; children of a pool map it again under the same name."""
    return np.load(path, mmap_mode=mode)


def inputs(request, *names):
    return [array(request["inputs"][name]) for name in names]


def timed(call):
    """The task that does call and answers with what it returns."""
    box = [None]

    def run():
        box[0] = call()

    return run, lambda: box[0]


def parts(n, k):
    """The bounds of k contiguous parts of range(n)."""
    return [(n * i // k, n * (i + 1) // k) for i in range(k)]


# --- Pools, each made once. ---------------------------------------------------


@lru_cache(maxsize=None)
def threads(k):
    return ThreadPoolExecutor(k)


@lru_cache(maxsize=None)
def processes(k):
    return ProcessPoolExecutor(k)


@lru_cache(maxsize=None)
def pool(k):
    return multiprocessing.Pool(k)


# --- Column sums. -------------------------------------------------------------


def colsum_numpy(request):
    (a,) = inputs(request, "a")
    return timed(lambda: np.sum(a, axis=0))


def describe_numpy(a):
    """What nogil's Describe tells, by one NumPy function each."""
    count = (a == a).sum(axis=0)
    parts = [count, np.nanmean(a, axis=0), np.nanstd(a, axis=0, ddof=1), np.nanmin(a, axis=0), np.nanmax(a, axis=0)]
    return np.stack(parts, axis=1)


def reduce_numpy(request):
    """One statistic of the columns; op counts in the order of reductions.go. NumPy has
    no compensated sum, and math.fsum is the exact one."""
    (a,) = inputs(request, "a")
    reductions = [np.sum, np.mean, np.var, np.min, np.max, np.nansum, np.nanvar]
    op = int(request["params"]["op"])
    if op == 7:
        return timed(lambda: describe_numpy(a))
    if op >= 8:
        return timed(lambda: [math.fsum(a[:, j]) for j in range(a.shape[1])])
    return timed(lambda: reductions[op](a, axis=0))


def colsum_cython(request):
    (a,) = inputs(request, "a")
    sums = colsum_prange.columns if a.flags.f_contiguous else colsum_prange.rows
    return timed(lambda: sums(a, request["threads"]))


def one_column(task):
    path, j = task
    return array(path)[:, j].sum()


def column_block(task):
    path, lo, hi = task
    return array(path)[:, lo:hi].sum(axis=0)


def colsum_pool(request):
    """One task a column, as the article; in C order a block of columns, because a
    single column there touches every cache line of the matrix."""
    (a,) = inputs(request, "a")
    path, k = request["inputs"]["a"], request["threads"]
    if a.flags.f_contiguous:
        tasks = [(path, j) for j in range(a.shape[1])]
        return timed(lambda: pool(k).map(one_column, tasks))
    tasks = [(path, lo, hi) for lo, hi in parts(a.shape[1], 4 * k)]
    return timed(lambda: np.concatenate(pool(k).map(column_block, tasks)))


@lru_cache(maxsize=None)
def numba_loops():
    """The loops that Numba compiles, as its users write them."""

    @numba.njit(parallel=True)
    def columns(a, sums):
        for j in numba.prange(a.shape[1]):
            s = 0.0
            for i in range(a.shape[0]):
                s += a[i, j]
            sums[j] = s

    @numba.njit(parallel=True)
    def rows(a, sums, parts):
        partial = np.zeros((parts, a.shape[1]))
        for t in numba.prange(parts):
            for i in range(a.shape[0] * t // parts, a.shape[0] * (t + 1) // parts):
                for j in range(a.shape[1]):
                    partial[t, j] += a[i, j]
        sums[:] = partial.sum(axis=0)

    @numba.njit
    def divisors(v):
        count, k = 0, np.uint32(1)
        while np.uint32(k * k) < v:
            if np.uint32(v % k) == 0:
                count += 2
            k = np.uint32(k + 1)
        return count + (np.uint32(k * k) == v)

    @numba.njit(parallel=True)
    def trial(values, at_most):
        total = 0
        for i in numba.prange(len(values)):
            if 1 <= values[i] <= at_most:
                total += divisors(np.uint32(values[i]))
        return total

    return columns, rows, trial


def colsum_numba(request):
    (a,) = inputs(request, "a")
    columns, rows, _ = numba_loops()
    k = request["threads"]
    numba.set_num_threads(k)
    sums = np.empty(a.shape[1])

    def call(a=a, sums=sums):
        if a.flags.f_contiguous:
            columns(a, sums)
        else:
            rows(a, sums, k)
        return sums

    small = a[:, :1] if a.flags.f_contiguous else a[:1]
    call(small, sums[: small.shape[1]])  # compiles it, which is not timed
    return timed(call)


def trial_numba(request):
    values, queries = inputs(request, "values", "queries")
    trial = numba_loops()[2]
    numba.set_num_threads(request["threads"])
    trial(values[:1], queries[0])  # compiles it, which is not timed
    return timed(lambda: [trial(values, q) for q in queries])


@lru_cache(maxsize=1)
def frame(path):
    """The matrix as a data frame: a view of its columns, which are not copied."""
    a = array(path)
    return polars.DataFrame([polars.Series(str(j), a[:, j]) for j in range(a.shape[1])])


def colsum_polars(request):
    df = frame(request["inputs"]["a"])
    return timed(df.sum)


# --- The elastic net. ---------------------------------------------------------


def enet_fit(request):
    """One ElasticNet fit; the answer is the coefficients and the intercept."""
    x, y = inputs(request, "x", "y")
    p = request["params"]
    model = sklearn.linear_model.ElasticNet(
        alpha=p["alpha"], l1_ratio=p["l1_ratio"], tol=p["tol"], max_iter=int(p["max_iter"])
    )
    run, _ = timed(lambda: model.fit(x, y))
    return (
        run,
        lambda: np.append(model.coef_, model.intercept_),
        lambda: {"epochs": int(model.n_iter_)},
    )


# --- joblib's small loop. -----------------------------------------------------


def small_joblib(request):
    # As in the article: a new Parallel each time; joblib keeps its own pool.
    kind = {0: None, 1: "threading", 2: "loky"}[int(request["params"]["backend"])]
    k = request["threads"]
    return timed(
        lambda: joblib.Parallel(n_jobs=k, backend=kind)(
            joblib.delayed(math.sqrt)(i**2) for i in range(10)
        )
    )


def small_executor(make):
    def task(request):
        executor = make(request["threads"])
        return timed(lambda: list(executor.map(math.sqrt, [i**2 for i in range(10)])))

    return task


# --- Vector add and dot product. ------------------------------------------------


def add_part(task):
    a, b, c, lo, hi = task
    np.add(array(a)[lo:hi], array(b)[lo:hi], out=array(c, "r+")[lo:hi])


def dot_part(task):
    a, b, lo, hi = task
    return float(np.dot(array(a)[lo:hi], array(b)[lo:hi]))


def vector_tasks(request, *names):
    paths = [request["inputs"][name] for name in names]
    n = array(paths[0]).shape[0]
    return [(*paths, lo, hi) for lo, hi in parts(n, request["threads"])]


def add_numpy(request):
    a, b = inputs(request, "a", "b")
    c = array(request["inputs"]["c"], "r+")
    run, _ = timed(lambda: np.add(a, b, out=c))
    return run, lambda: []


def add_executor(make):
    def task(request):
        executor, tasks = make(request["threads"]), vector_tasks(request, "a", "b", "c")
        run, _ = timed(lambda: list(executor.map(add_part, tasks)))
        return run, lambda: []

    return task


def dot_numpy(request):
    a, b = inputs(request, "a", "b")
    return timed(lambda: [np.dot(a, b)])


def dot_executor(make):
    def task(request):
        executor, tasks = make(request["threads"]), vector_tasks(request, "a", "b")
        return timed(lambda: [sum(executor.map(dot_part, tasks))])

    return task


# --- The counting loop. -------------------------------------------------------


def count_to(n):
    i = 0
    while i < n:
        i += 1
    return i


def count_plain(request):
    p = request["params"]
    tasks = [int(p["to"])] * int(p["tasks"])
    return timed(lambda: [sum(map(count_to, tasks))])


def count_executor(make):
    def task(request):
        p, executor = request["params"], make(request["threads"])
        tasks = [int(p["to"])] * int(p["tasks"])
        return timed(lambda: [sum(executor.map(count_to, tasks))])

    return task


# --- Files and slow calls. ----------------------------------------------------


def io_task(task):
    """Writes a file, makes a call on a connection of its own, returns the answer."""
    i, port, directory, size = task
    with open(os.path.join(directory, f"{i}.bin"), "wb") as f:
        f.write(bytes([i % 256]) * size)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/{i}")
    answer = int(connection.getresponse().read())
    connection.close()
    return answer


def io_executor(make):
    def task(request):
        p, executor = request["params"], make(request["threads"])
        directory = request["inputs"]["dir"]
        tasks = [(i, int(p["port"]), directory, int(p["size"])) for i in range(int(p["tasks"]))]
        return timed(lambda: [sum(executor.map(io_task, tasks))])

    return task


# --- Arrays and results on disk. ----------------------------------------------


def file_memmap(request):
    path = request["inputs"]["a"]
    return timed(lambda: np.sum(np.load(path, mmap_mode="r"), axis=0))


def file_load(request):
    path = request["inputs"]["a"]
    return timed(lambda: np.sum(np.load(path), axis=0))


def mean(x):
    return [np.mean(x)]


def scaled(x):
    return x * 2


def memo_joblib(request):
    """A call whose result is there; the argument is in memory, as a caller has it."""
    x = np.array(inputs(request, "a")[0])
    memory = joblib.Memory(os.path.join(request["inputs"]["dir"], "joblib"), verbose=0)
    f = memory.cache({"mean": mean, "scaled": scaled}[request["inputs"]["function"]])
    f(x)
    return timed(lambda: f(x))


TASKS = {
    "colsum_numpy": colsum_numpy,
    "colsum_cython": colsum_cython,
    "reduce_numpy": reduce_numpy,
    "colsum_pool": colsum_pool,
    "colsum_numba": colsum_numba,
    "colsum_polars": colsum_polars,
    "trial_numba": trial_numba,
    "enet_fit": enet_fit,
    "small_joblib": small_joblib,
    "small_threads": small_executor(threads),
    "small_processes": small_executor(processes),
    "memo_joblib": memo_joblib,
    "file_memmap": file_memmap,
    "file_load": file_load,
    "add_numpy": add_numpy,
    "add_threads": add_executor(threads),
    "add_processes": add_executor(processes),
    "dot_numpy": dot_numpy,
    "dot_threads": dot_executor(threads),
    "dot_processes": dot_executor(processes),
    "count_plain": count_plain,
    "count_threads": count_executor(threads),
    "count_processes": count_executor(processes),
    "io_threads": io_executor(threads),
    "io_processes": io_executor(processes),
}


def processor_time():
    """That of this process, and of the children of a pool that has ended."""
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


def serve(request):
    run, answer, *info = TASKS[request["task"]](request)
    inner = request["inner"]
    used, start = processor_time(), time.perf_counter()
    for _ in range(inner):
        run()
    seconds, used = time.perf_counter() - start, processor_time() - used
    values = np.asarray(answer(), dtype=np.float64).ravel()
    with open(request["answer"], "wb") as f:
        np.lib.format.write_array(f, values, version=(1, 0))
    return {"seconds": seconds, "cpu": used, "info": info[0]() if info else {}}


def load(peer):
    """Imports what the peer needs and returns the versions."""
    versions = {"Python": platform.python_version()}
    for name in PEERS[peer]:
        module = globals()[name] = importlib.import_module(name)
        if hasattr(module, "__version__"):
            versions[name] = module.__version__
    globals()["np"] = importlib.import_module("numpy")
    if peer == "sklearn":
        importlib.import_module("sklearn.linear_model")
    return versions


def hold_blas(count):
    """Holds the BLAS libraries at count threads (0: as shipped), and describes them."""
    import threadpoolctl

    if count:
        threadpoolctl.threadpool_limits(count, user_api="blas")
    return {
        os.path.basename(lib["filepath"]): (
            f"({lib['internal_api']} {lib['version']} {lib.get('architecture', '')}, threads: {lib['num_threads']})"
        )
        for lib in threadpoolctl.threadpool_info()
        if lib["user_api"] == "blas"
    }


def reason(error):
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--blas", type=int, default=0, help="threads of BLAS; 0 as shipped")
    options = parser.parse_args()
    # What libraries print must not end up among the replies.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        versions = load(options.peer)
        versions.update(hold_blas(options.blas))
    except Exception as error:
        print(json.dumps({"error": reason(error)}), file=out)
        return
    print(json.dumps({"hello": {"versions": versions}}), file=out)
    for line in sys.stdin:
        try:
            reply = serve(json.loads(line))
        except Exception as error:
            traceback.print_exc()
            reply = {"error": reason(error)}
        print(json.dumps(reply), file=out)


if __name__ == "__main__":
    main()
