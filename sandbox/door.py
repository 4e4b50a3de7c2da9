"""What both servers of the sandbox ask of a request before they look at what it wants.

They listen on this computer alone, but so may other users and the pages in a browser call them, and a request can have
code run with the files of the sandbox's user. Who calls has to show a secret: the access key, or one that is in the
address. Browsers are kept out beside that, because they send requests in the name of pages that nobody trusts.
"""

from collections.abc import Iterable

_HOSTS = ("127.0.0.1", "localhost")


def sign_of_a_stranger(headers: Iterable[tuple[str, str]], port: int) -> str | None:
    """Return what shows that a request comes from a page in a browser or was led here by a name; None if nothing does.

    headers: the request's headers.
    port: the port that it came in at.
    """
    given: dict[str, list[str]] = {}
    for name, value in headers:
        given.setdefault(name.lower(), []).append(value)
    hosts = given.get("host", [])
    # A page's own name may lead to this computer: then its requests would be of the same origin.
    if [host.lower() for host in hosts] not in [[f"{host}:{port}"] for host in _HOSTS]:
        return f"the sandbox is at 127.0.0.1:{port}, and this request is for {', '.join(hosts) or 'no host'}"
    # Nothing but a browser sends these; "none" stands for an address that somebody has typed or clicked on elsewhere.
    if "origin" in given or given.get("sec-fetch-site", ["none"]) != ["none"]:
        return "the sandbox answers no requests of web pages"
    return None
