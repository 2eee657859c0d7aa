"""Commands of the connector as a sentence names them: whole, so that a person can copy them.

In: what a command is about. Out: its words with every option that it asks for; the reason is left to whoever types it.
"""


def deciding(command: str, connection: str, *names: str) -> str:
    """Return a command that keeps a reason: `reverse`, `repost`, `approve` or `reject`, with any options of its own."""
    return f'connector {command} {" ".join(names)} -c {connection} --reason "..."'


def undo_and_repost(connection: str, name: str, *, option: str = "") -> str:
    """Return the two commands that undo what is posted and post it as it would be now; each shows before it does."""
    reverse = deciding(f"reverse {option}".rstrip(), connection, name)
    return f"{reverse}, then {deciding('repost', connection, name)}"


def approving(connection: str, name: str) -> str:
    """Return how another person looks at what is planned and lets it be sent, or keeps it from that."""
    approve, reject = (deciding(one, connection, name) for one in ("approve", "reject"))
    return (
        f"Look at it: connector outbox show {name} -c {connection}. Then another person resolves this item with "
        f"`approve` or `reject`, or: {approve} To keep it from being sent: {reject}"
    )
