"""Kinds of output: name to the source of one cell; run in order in one kernel."""

# ruff: noqa: E501 - a cell is one line of text where it can be

from __future__ import annotations

PROBES = {
    "print": "print('satu'); print('dua')",
    "expression": "1 + 1",
    "expression_text": "'Kota Ternate'",
    "semicolon": "1 + 1;",
    "none": "None",
    "underscore": "_",
    "stderr": "import sys; print('salah', file=sys.stderr)",
    "both_streams": (
        "import sys\nprint('a', flush=True)\n"
        "print('b', file=sys.stderr, flush=True)\nprint('c', flush=True)"
    ),
    "large_output": "print('x' * 200_000)",
    "unicode": "print('Rp1.500.000 – é – 数')",
    "display": "from IPython.display import display; display(1, 'a')",
    "html": "from IPython.display import HTML; HTML('<b>x</b>')",
    "markdown": "from IPython.display import Markdown; Markdown('**x**')",
    "latex": "from IPython.display import Math; Math(r'\\frac12')",
    "json": "from IPython.display import JSON; JSON({'a': [1, 2]})",
    "svg": "from IPython.display import SVG; SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "javascript": "from IPython.display import Javascript; Javascript('1')",
    "image": (
        "from IPython.display import Image\nimport base64\n"
        "Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
        "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='))"
    ),
    "mimebundle": (
        "class Both:\n    def _repr_mimebundle_(self, **_):\n"
        "        return {'text/plain': 'p', 'text/html': '<i>h</i>'}\nBoth()"
    ),
    "repr_html": (
        "class Own:\n    def _repr_html_(self):\n        return '<u>own</u>'\n"
        "    def __repr__(self):\n        return 'own'\nOwn()"
    ),
    "failing_repr": (
        "class Bad:\n    def __repr__(self):\n        raise ValueError('bad repr')\nBad()"
    ),
    "frame": "import pandas as pd; pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "series": "pd.Series([1.5, None], name='s')",
    "styler": "pd.DataFrame({'a': [1]}).style.set_uuid('u').bar()",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);",
    "figure_show": "plt.figure(); plt.plot([3, 1]); plt.show(); print('after')",
    "figure_object": (
        "from matplotlib.figure import Figure\nf = Figure(figsize=(2, 1))\n"
        "f.subplots().plot([1, 2]); f"
    ),
    "two_figures": "plt.figure(); plt.plot([1]); plt.figure(); plt.plot([2]); 'two'",
    "backend": "import matplotlib; matplotlib.get_backend()",
    "rc": "dict(plt.rcParams) | {'backend': ''} == dict(plt.rcParamsDefault) | {'backend': ''}",
    "seaborn": "import seaborn as sns\nsns.heatmap([[1, 2], [3, 4]], cbar=False);",
    "display_id": "handle = display('first', display_id='one')",
    "update_display": "handle.update('second')",
    "clear_output": (
        "from IPython.display import clear_output\n"
        "print('gone'); clear_output(); print('kept')"
    ),
    "widget": (
        "import ipywidgets as w\nslider = w.IntSlider(value=3, description='n'); slider"
    ),
    "output_widget": "out = w.Output()\nwith out:\n    print('inside')\nout",
    "interact": "w.interactive(lambda n: print('n', n), n=(0, 3))",
    "subprocess": "import subprocess; subprocess.run(['echo', 'sub'], check=True);",
    "system": "import os; os.system('echo sys');",
    "fd_write": "import os; n = os.write(1, b'raw\\n')",
    "c_level": "import ctypes; c = ctypes.CDLL(None); c.puts(b'from c'); c.fflush(None);",
    "bang": "!echo bang",
    "bang_capture": "lines = !echo kept\nlines",
    "cell_magic_bash": "%%bash\necho from bash",
    "capture_magic": "%%capture captured\nprint('hidden')",
    "captured": "captured.stdout",
    "time_magic": "%%time\nsum(range(10))",
    "timeit_magic": "%timeit -n1 -r1 1+1",
    "who_magic": "%who_ls str",
    "working_folder": "import pathlib; (pathlib.Path.cwd() / 'probes.ipynb').is_file()",
    "help": "len?",
    "warning": "import warnings; warnings.warn('once')",
    "deprecation": "warnings.warn('old', DeprecationWarning)",
    "future_warning": "warnings.warn('soon', FutureWarning)",
    "logging_warning": "import logging; logging.getLogger('a').warning('logged')",
    "logging_config": (
        "logging.basicConfig(level=logging.INFO); logging.info('root info')"
    ),
    "await": "import asyncio\nawait asyncio.sleep(0.01); 'awaited'",
    "async_task": (
        "async def work():\n    print('task'); return 5\n"
        "await asyncio.create_task(work())"
    ),
    "asyncio_run": "c = asyncio.sleep(0)\ntry:\n    asyncio.run(c)\nfinally:\n    c.close()",
    "thread": (
        "import threading\nt = threading.Thread(target=lambda: print('thread'))\n"
        "t.start(); t.join()"
    ),
    "exception": "1 / 0",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e",
    "in_function": "def f(x):\n    return g(x)\ndef g(x):\n    return x['a']\nf({})",
    "syntax": "def (",
    "unknown_name": "tidak_ada",
    "library_error": "pd.DataFrame({'a': [1]})['b']",
    "keyboard_interrupt": "raise KeyboardInterrupt",
    "stdin": "input('? ')",
    "getipython": "type(get_ipython()).__name__",
    "main_name": "__name__, __builtins__.__name__",
    "argv": "len(sys.argv), sys.argv[1]",
    "sys_path": "sys.path[0], len(sys.path) == len(set(sys.path))",
    "signals": (
        "import signal\n[signal.getsignal(getattr(signal, n)) for n in "
        "('SIGTERM', 'SIGCHLD', 'SIGPIPE')]"
    ),
    "hash_seed": "hash('kode')",
    "random": "import random; random.seed(1); random.random()",
    "numpy_random": "import numpy as np; np.random.default_rng(1).random()",
    "recursion": "sys.getrecursionlimit(), sys.flags.utf8_mode, sys.stdout.encoding",
    "locale": "import locale; locale.getlocale()",
    "open_files": "len([n for n in os.listdir('/proc/self/fd')]) < 80",
    "environment": "[n for n in ('JKN_ZYGOTE', 'MPLBACKEND') if n in os.environ][-1:]",
    "gc": "import gc; gc.isenabled()",
    "warning_filters": "[f[0] for f in warnings.filters if f[1] is None]",
    "atexit": "import atexit; atexit.register(lambda: None) is not None",
    "multiprocessing": (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Pool(1) as p:\n    r = p.map(abs, [-1, -2])\nr"
    ),
    "long_repr": "list(range(2000))",
    "ordering": "for i in range(3):\n    print(i); display(i)",
    "shell_family": (
        "ip = get_ipython()\n"
        "ip.parent is ip.kernel, type(ip.parent.parent).__name__, ip.user_module"
    ),
    "shell_places": (
        "get_ipython().starting_dir == os.getcwd(), [str(d) == os.getcwd() for d in _dh]"
    ),
    "shell_config": "get_ipython().config, get_ipython().profile_dir.location[-15:]",
    "shell_state": "get_ipython().execution_count, sys.excepthook.__qualname__",
    "pager": "[os.environ.get(n) for n in ('PAGER', 'TERM', 'CLICOLOR', 'GIT_PAGER')]",
    "history_magic": "%history -l 2",
    "who": "%who str",
    "run_magic": "%config InlineBackend.figure_formats",
    "subshell": "!echo $PAGER $PWD | wc -w",
    "builtins": (
        "import builtins\n"
        "hasattr(builtins, '__IPYTHON__'), builtins.display.__module__, "
        "hasattr(builtins, 'get_ipython')"
    ),
    "main_module": "sys.modules['__main__'] is get_ipython().user_module, __name__",
    "import_main": "import __main__; __main__.__dict__ is globals()",
    "pickle_own_class": (
        "import pickle\nclass Own: pass\ntype(pickle.loads(pickle.dumps(Own()))) is Own"
    ),
    "module_names": "sorted(sys.modules)[:3], sys.modules['json'].__name__",
    "inspect": "import textwrap\ntextwrap.dedent?",
    "complete": "get_ipython().complete('os.path.joi')[1]",
    "store_magic": "%unalias_nothing",
}
