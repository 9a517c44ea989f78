"""What people do is written down, and operators see it."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from kring.access import Role
from kring.errors import StorageDown
from kring.people.accounts import KeyScope, Roles
from kring.people.audit import Act
from storage.audit import Audit
from tests.contract.web.access.test_accounts import FACILITATOR, MEMBER, OTHER, TALK, House, house, nobody
from tests.support.web import facilitator, sample_archive
from tests.support.web.upload_site import DETAILS, announced

__all__ = ["house", "nobody"]

LINE = sample_archive.transcript_of(TALK).segments[2]


def acts(house: House, who: str = "") -> list[tuple[Act, str | None, str | None, str | None]]:
    """(act, name, about, says), the newest first."""
    entries = Audit(house.archive.store).matching("", who)
    return [(entry.act, entry.by_name, entry.about, entry.says) for entry in entries]


def test_each_act_is_written_down(house: House) -> None:
    web, account = house.enter(FACILITATOR)
    _, member = house.enter(MEMBER, "Ola Berg")
    web.post("/people", data={"name": "Mette Holm", "circle": TALK.circle, "role": "member"})
    web.post(f"/people/{member.id}", data={"circle": TALK.circle, "role": "none"})
    web.post("/account/name", data={"name": "Kari Berg"})
    web.post("/account/keys", data={"name": "Export", "circle": "", "days": "90"})
    [(key, _)] = house.people.keys.of(account.id)
    web.post(f"/account/keys/{key}/revoke")
    film = announced(b"film" * 77)
    assert web.post("/api/uploads", json=film | {"details": DETAILS | {"circle": TALK.circle}}).status_code == 201
    change = {"kind": "line", "start": LINE.start, "end": LINE.end, "before": LINE.text, "text": "Noe annet."}
    assert web.post(f"/api/recordings/{TALK.id}/corrections", json={"change": change}).status_code == 201
    assert web.post(f"/api/recordings/{TALK.id}/attachments?name=a.pdf", content=b"%PDF-1.4").status_code == 201
    web.post("/account/sign-out-everywhere")
    done = [entry for entry in acts(house) if entry[1] in {"Kari Nordli", "Kari Berg"}]
    assert [act for act, *_ in done] == [
        Act.SIGN_OUT, Act.CHANGE, Act.CORRECT, Act.UPLOAD, Act.KEY, Act.KEY, Act.ACCOUNT, Act.ROLES, Act.INVITE,
        Act.SIGN_IN,
    ]  # fmt: skip
    said = {act: (about, says) for act, _, about, says in done}
    assert said[Act.INVITE] == (TALK.circle, "Mette Holm: member")
    assert said[Act.ROLES] == (member.id, f"{TALK.circle}: none")
    assert said[Act.CORRECT][0] == TALK.id
    assert "Noe annet" not in str(acts(house))  # nothing of what a recording says
    assert Audit(house.archive.store).breaks() == []


def test_what_is_refused_is_no_act(house: House) -> None:
    web, _ = house.enter(MEMBER, "Els Verhaeghe")
    before = len(acts(house))
    assert web.post("/people", data={"name": "x", "circle": TALK.circle, "role": "member"}).status_code == 403
    assert web.post("/sign-in", data={"code": "wrong"}).status_code == 403
    assert len(acts(house)) == before
    owner, _ = house.enter(FACILITATOR)
    _, foreign = house.enter(Roles(circles={OTHER.circle: Role.MEMBER}), "Bram De Smet")
    before = len(acts(house))
    for account_id in (foreign.id, "f" * 16):
        data = {"circle": TALK.circle, "role": "facilitator"}
        assert owner.post(f"/people/{account_id}", data=data).status_code == 404
    assert len(acts(house)) == before


def test_what_cannot_be_written_down_is_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    web, _ = house.enter(FACILITATOR)
    _, member = house.enter(MEMBER, "Ola Berg")

    def down(*_: object, **__: object) -> None:
        raise StorageDown("the object store refused the connection")

    monkeypatch.setattr(Audit, "record", down)
    answer = web.post(f"/people/{member.id}", data={"circle": TALK.circle, "role": "facilitator"})
    assert answer.status_code == 503
    assert house.people.account(member.id).given == MEMBER


def test_an_operator_acts_as_one(house: House) -> None:
    with facilitator.client(house.origins[0]) as operator:
        made = operator.post("/people", data={"name": "Ny", "circle": TALK.circle, "role": "facilitator"})
        assert made.status_code == 200
    newest = next(Audit(house.archive.store).entries())
    assert (newest.act, newest.as_operator) == (Act.INVITE, True)


def shown(web: httpx.Client, **narrowed: str) -> str:
    answer = web.get("/audit", params=narrowed)
    assert answer.status_code == 200
    return answer.text


def test_operators_look_it_up_and_take_it_along(house: House) -> None:
    web, _ = house.enter(Roles(circles={TALK.circle: Role.FACILITATOR}), "=Oline <b>Berg</b>")
    web.post("/people", data={"name": "Nina", "circle": TALK.circle, "role": "member"})
    for path in ("/audit", "/audit.csv"):
        assert web.get(path).status_code == 403
    with facilitator.client(house.origins[0]) as operator:
        assert "=Oline &lt;b&gt;Berg&lt;/b&gt;" in shown(operator)
        assert "Nina" in shown(operator, act="invite", who="oline")
        assert "Nina" not in shown(operator, act="sign-in", who="oline")
        assert "There is nothing of that" in shown(operator, who="nobody of that name")
        assert "There is nothing of that" in shown(operator, act="nonsense")
        table = operator.get("/audit.csv", params={"who": "oline"})
        assert table.headers["content-type"].startswith("text/csv")
        assert "attachment" in table.headers["content-disposition"]
        assert "no-store" in table.headers["cache-control"]
    first, *rows = csv.reader(io.StringIO(table.text))
    assert first == ["number", "at", "act", "by", "by_name", "as_operator", "about", "says"]
    assert {row[4] for row in rows} == {"'=Oline <b>Berg</b>"}  # as text, not as a formula
    assert [row[2] for row in rows] == ["invite", "sign-in"]


def test_what_operators_open_is_written_down_if_it_is_not_for_them(house: House) -> None:
    web, account = house.enter(Roles(operator=True), "Nils Drift")
    facilitator_web, _ = house.enter(FACILITATOR, "Kari Nordli")
    member_of_it, both = house.enter(Roles(operator=True, circles={TALK.circle: Role.MEMBER}), "Ola Begge")
    for _ in range(2):
        for each in (web, facilitator_web, member_of_it):
            assert each.get(f"/r/{TALK.id}").status_code == 200
            assert each.get(f"/r/{TALK.id}/captions.vtt").status_code == 200
    looks = [entry for entry in Audit(house.archive.store).entries() if entry.act is Act.LOOK]
    assert [(entry.by, entry.about, entry.as_operator) for entry in looks] == [(account.id, TALK.id, True)]
    assert member_of_it.get(f"/r/{OTHER.id}").status_code == 200
    looks = [entry for entry in Audit(house.archive.store).entries() if entry.act is Act.LOOK]
    assert [(entry.by, entry.about) for entry in looks] == [(both.id, OTHER.id), (account.id, TALK.id)]


def test_what_an_operators_key_opens_is_written_down_too(house: House) -> None:
    _, account = house.enter(Roles(operator=True), "Nils Drift")
    key = house.people.keys.make(account, "x", (KeyScope.READ,), ())
    program = house.client(headers={"Authorization": f"Bearer {key}"})
    assert program.get(f"/api/recordings/{OTHER.id}").status_code == 200
    assert [
        (entry.act, entry.by, entry.about) for entry in Audit(house.archive.store).matching("look", account.id)
    ] == [(Act.LOOK, account.id, OTHER.id)]
    web, _ = house.enter(Roles(operator=True), "Mette Drift")
    before = len(acts(house))
    for listed in ("/feed.xml", "/removed", "/person?name=Kari"):
        assert web.get(listed).status_code == 200
    assert len(acts(house)) == before
