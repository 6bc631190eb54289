"""Servers of language models: found on this machine at the press of a button; the state of the key, never the key."""

from __future__ import annotations

import os

import streamlit as st

from fsl_core.models.backends import openai_client, servers
from pages.ui.kit import feedback
from pages.ui.kit.state import Value
from pages.ui.kit.text import _, ngettext, tr

_found: Value[list[servers.Found] | None] = Value("handful.servers", None)


def find() -> None:
    """The button, and each server that answered with its models."""
    st.button(
        _("Find a server on this machine"),
        key="models-find",
        icon=":material/search:",
        on_click=_look,
        help=_("Asks the usual ports of this machine (Ollama, LM Studio, vLLM, llama.cpp ...) for their models."),
    )
    found = _found.get()
    if found is None:
        return
    if not found:
        st.info(
            _("No server answered on the usual ports. Start one, or give its address below."), icon=":material/info:"
        )
    for place, server in enumerate(found):
        with st.container(border=True, key=f"models-found-{place}"):
            st.markdown(f"**{feedback.plain(server.program)}** · {feedback.plain(server.base_url)}")
            n = len(server.models)
            if not n:
                st.caption(_("It offers no model yet."))
                continue
            model = st.selectbox(
                ngettext("{n} model", "{n} models", n), list(server.models), key=f"models-offered-{place}"
            )
            feedback.act(
                _("Take this one"),
                _take,
                server.base_url,
                str(model),
                key=f"models-take-{place}",
                icon=":material/arrow_downward:",
            )


def key_state(variable: str) -> None:
    """Whether the key is there; of a variable that may hold none, that and what to do, but not whether it is set."""
    if variable and not openai_client.holds_key(variable):
        st.warning(
            tr("{variable} is not known to hold a key, so it is not read.", variable=feedback.plain(variable))
            + " "
            + tr(openai_client.KEY_HINT, variable=feedback.plain(variable)),
            icon=":material/key_off:",
        )
    elif variable and os.environ.get(variable):
        st.caption(
            tr(
                ":material/key: The key in {variable} is set; it is sent to this server alone.",
                variable=feedback.plain(variable),
            )
        )
    else:
        st.caption(
            tr(
                ":material/key_off: {variable} is not set. Servers at home need no key; for others put it into the "
                "environment or into .streamlit/secrets.toml and start again.",
                variable=feedback.plain(variable or "OPENAI_API_KEY"),
            )
        )


@feedback.in_callback
def _look() -> None:
    _found.set(servers.find())


def _take(base_url: str, model: str) -> None:
    st.session_state["models-server-base_url"] = base_url
    st.session_state["models-server-model"] = model
