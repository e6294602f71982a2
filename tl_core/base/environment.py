"""What of this process's environment its children may see."""

from collections.abc import Mapping

KEPT_BACK = ("GRAFT_ACCESS_CODE", "GRAFT_SERVE_TOKEN")
"""Nothing that a worker does needs it, and workers open the files of strangers."""

# What a worker may see of the server's environment, by the beginning of the name. Everything
# else, secrets of the server among it, stays behind.
PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_", "TZ", "TMP", "TEMP", "XDG_"),
    *("SYSTEM", "WINDIR", "COMSPEC", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_", "PG"),
    *("GRAFT_", "PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CUDA", "NVIDIA_"),
    *("KERAS_", "TF_", "XLA_", "JAX_", "OMP_", "MKL_", "OPENBLAS_"),
)


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker: what it may see of `environment`, and what every worker needs."""
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper().startswith(PASSED_ON) and name.upper() not in KEPT_BACK
    }
    return {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # Products with a handful of classes take several times longer on many threads.
        "OPENBLAS_NUM_THREADS": "1",
        **kept,
    }
