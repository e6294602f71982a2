"""Scripts of our own components, loaded as modules so that they share one another's code."""

_LOADER = """
const loaded = import(`${{location.origin}}/graft/components/{name}.js`);
export default function (component) {{
  const mounted = loaded.then((module) => module.mount(component));
  return () => mounted.then((end) => end());
}}
"""


def loader(name: str) -> str:
    """Return the script that a component starts with: it fetches and runs the module `name`."""
    return _LOADER.format(name=name)
