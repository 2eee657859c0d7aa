"""Where a demonstration runs: its home folder, its environment, its seeded vault.

In: a folder, the seller, the emulators' addresses. Out: an environment in which the project's own demo connections find
the emulators and nothing of a real installation: addresses of real stores and vault keys are taken out of it.
"""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connector_defs.project import Project

if TYPE_CHECKING:
    from emulators.demo_seller.seller import DemoSeller

# So many of the seller's last days are billed when they are shipped; what was shipped before is revenue when settled.
BILLED_DAYS = 14
SHELL_FILE = "environment"
CONNECTIONS = ("amazon_us", "amazon_eu", "amazon_ca")

# Whatever points at a real installation must not reach the demonstration.
_TAKEN_OUT = (
    "CONNECTOR_PROJECT",
    "CONNECTOR_CONTROL_URL",
    "CONNECTOR_DOCUMENTS_URL",
    "CONNECTOR_WAREHOUSE_URL",
    "CONNECTOR_VAULT_KEY",
    "CONNECTOR_VAULT_KEY_FILE",
)


def demo_environment(
    seller: "DemoSeller", home: str, amazon_url: str, peoplesoft_url: str, fusion_url: str
) -> dict[str, str]:
    """Return the variables that the demo connections read; none of them is a secret."""
    books_from = {account.name: account.books_from.isoformat() for account in seller.sellers}
    return {
        "CONNECTOR_HOME": home,
        "CONNECTOR_DEMO_AMAZON_URL": amazon_url,
        "CONNECTOR_DEMO_PEOPLESOFT_URL": peoplesoft_url,
        "CONNECTOR_DEMO_FUSION_URL": fusion_url,
        "CONNECTOR_DEMO_BOOKS_FROM_US": books_from["amazon_us"],
        "CONNECTOR_DEMO_BOOKS_FROM_EU": books_from["amazon_eu"],
        "CONNECTOR_DEMO_BOOKS_FROM_CA": books_from["amazon_ca"],
        "CONNECTOR_DEMO_BILLED_FROM_CA": (seller.as_of - timedelta(days=BILLED_DAYS)).isoformat(),
    }


def without_real_installation(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the addresses and keys of a real installation."""
    return {name: value for name, value in environment.items() if name not in _TAKEN_OUT}


def write_shell_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write what a shell reads to look into the demonstration with the command line, as long as it runs."""
    programs = shlex.quote(str(Path(sys.executable).parent))
    lines = [f"unset {' '.join(_TAKEN_OUT)}", f'export PATH={programs}:"$PATH"']
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Run a block in the demonstration's environment; afterwards it is as before."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({**without_real_installation(before), **variables})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def seed_vault(project: Project, seller: "DemoSeller") -> None:
    """Put the demonstration's invented secrets into the vault of its home."""
    from connector_defs.connections import open_vault
    from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SECRET
    from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER

    vault = open_vault(project)
    first = seller.sellers[0]
    vault.set("amazon_client_id", first.client_id)
    vault.set("amazon_client_secret", first.client_secret)
    for account in seller.sellers:
        vault.set(f"{account.name}_refresh_token", account.refresh_token)
    vault.set("peoplesoft_user", DEMO_USER)
    vault.set("peoplesoft_password", DEMO_PASSWORD)
    vault.set("fusion_client_id", DEMO_CLIENT)
    vault.set("fusion_client_secret", DEMO_SECRET)
