// What shows the server that a request comes from a page of its own.

/** Streamlit's own cookie, repeated as a header: only pages of this address can read it. */
export function own() {
  const pair = document.cookie.split("; ").find((one) => one.startsWith("_streamlit_xsrf="));
  return { "X-Xsrftoken": pair?.slice("_streamlit_xsrf=".length) ?? "" };
}
