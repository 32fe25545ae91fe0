"""Recording an applicant: the order, what stops it, and that an interruption at any point loses nothing."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import ktpel_capture as kc
from enrolment.world import Table, fresh, install, pupil, recorder
from ktpel_enrolment.station.officers import NotProved
from ktpel_enrolment.visit.recording import STEPS, Applicant, NotRecorded, enrolled_fingers, spoken_biodata

CAPTURES = ("photo", "signature", "right_four", "left_four", "both_thumbs", "irises")


@pytest.fixture
def table(monkeypatch):
    table = Table()
    install(monkeypatch, table)
    return table


def test_a_recording_goes_through_every_step_in_the_order_of_the_registry(tmp_path, table):
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()]).record(Applicant(pupil()))
        steps = store.steps(pupil().nik.digits)
        assert tuple(steps) == STEPS
        assert tuple(step for step in steps if step in CAPTURES) == CAPTURES
        assert set(enrolled_fingers(store, pupil().nik.digits)) == set(kc.FINGERS)
        assert [entry.content["nik"] for entry in store.book("attendance")] == [pupil().nik.digits]
        (line,) = store.book("recording_register")
        assert (line.number, line.content["operator"]) == (1, "Operator Uji")
        assert store.problems() == []


def test_the_biodata_is_read_and_confirmed_before_anything_is_captured(tmp_path, table, monkeypatch):
    monkeypatch.setattr(Table, "confirms_biodata", lambda self, lines: False)
    with fresh(tmp_path) as store:
        with pytest.raises(NotRecorded, match="Rahmat"):
            recorder(store, table, [pupil()]).record(Applicant(pupil()))
        assert tuple(store.steps(pupil().nik.digits)) == ("arrival", "identity")


@pytest.mark.parametrize(
    ("deviation", "blocker"),
    [
        ({"no_family_card": True}, "identity.no_family_card"),
        ({"no_birth_certificate": True}, "identity.no_birth_certificate"),
        ({"regency": "6308"}, "identity.not_a_resident"),
        ({"kk": {"regency": "6308"}}, "identity.not_a_resident"),
        ({"siak": {"regency": "6308"}}, "identity.not_a_resident"),
        ({"kk": {"name": "Orang Lain"}}, "identity.not_on_family_card"),
        ({"kk": {"nik": "6311011501099777"}}, "identity.not_on_family_card"),
        ({"siak": {"nik": "6311011501099777"}}, "identity.other_in_register"),
        ({"status": "PRINT_READY_RECORD"}, "identity.already_recorded"),
        ({"status": "PROCESSING"}, "identity.already_recorded"),
    ],
)
def test_papers_that_are_not_in_order_stop_the_recording_before_the_first_capture(tmp_path, table, deviation, blocker):
    with fresh(tmp_path) as store:
        assert not recorder(store, table, [pupil()], {"row-2": deviation}).record(Applicant(pupil()))
        steps = store.steps(pupil().nik.digits)
        assert tuple(steps) == ("arrival", "identity")
        assert blocker in [told["key"] for told in steps["identity"].content["blockers"]]


def test_who_is_not_in_the_register_is_not_recorded(tmp_path, table):
    with fresh(tmp_path) as store:
        stranger = pupil(3)
        run = recorder(store, table, [pupil(), stranger])
        run.register._pupils.pop(stranger.nik.digits)
        assert not run.record(Applicant(stranger))


@pytest.mark.parametrize("status", ["ENROLL_FAILURE_AT_CENTRAL", "DUPLICATE_RECORD", "ADJUDICATE_RECORD"])
def test_a_recording_that_failed_nationally_is_done_again(tmp_path, table, status):
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()], {"row-2": {"status": status}}).record(Applicant(pupil()))


def test_the_nik_prefix_of_another_regency_stops_nobody(tmp_path, table):
    elsewhere = pupil()
    moved = type(elsewhere.nik)("6308" + elsewhere.nik.digits[4:])
    elsewhere = type(elsewhere)(2, moved, elsewhere.family_card, "Rahmat", "Amuntai", elsewhere.born, "male")
    with fresh(tmp_path) as store:
        assert recorder(store, table, [elsewhere]).record(Applicant(elsewhere))


def test_the_birth_certificate_wins_over_the_register_and_an_officer_proves_himself_first(tmp_path, table):
    with fresh(tmp_path) as store:
        run = recorder(store, table, [pupil()], {"row-2": {"siak": {"name": "Rahmad Contoh"}}})
        assert run.record(Applicant(pupil()))
        content = store.steps(pupil().nik.digits)["identity"].content
        assert content["biodata"]["name"] == "Rahmat Contoh"
        assert content["update"]["likeness"] == 99.0
        assert content["update"]["evidence"].startswith("6311-LT-")
        assert run.register.entry(pupil().nik.digits).biodata.name == "Rahmat Contoh"
        (difference,) = content["differences"]
        assert (difference["field"], difference["register"], difference["wins"]) == (
            "name",
            "Rahmad Contoh",
            "Rahmat Contoh",
        )


def test_without_proof_the_register_is_not_touched(tmp_path, table, monkeypatch):
    with fresh(tmp_path) as store:
        run = recorder(store, table, [pupil()], {"row-2": {"siak": {"name": "Rahmad Contoh"}}})

        def refuse(self, station, desk):
            raise NotProved("somebody else")

        monkeypatch.setattr(type(run.operator), "prove", refuse)
        with pytest.raises(NotProved):
            run.record(Applicant(pupil()))
        assert run.register.entry(pupil().nik.digits).biodata.name == "Rahmad Contoh"
        assert tuple(store.steps(pupil().nik.digits)) == ("arrival",)


def test_a_date_of_birth_that_the_nik_does_not_show_is_a_warning(tmp_path, table):
    corrected = {key: {"born": pupil().born.replace(day=21)} for key in ("siak", "akta", "kk")}
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()], {"row-2": corrected}).record(Applicant(pupil()))
        content = store.steps(pupil().nik.digits)["identity"].content
        assert [told["key"] for told in content["warnings"]] == ["identity.nik_and_birth_date"]
        assert content["biodata"]["nik"] == pupil().nik.digits


def test_a_photo_is_taken_again_until_it_is_approved_and_the_cloth_goes_by_the_year_of_birth(tmp_path, table):
    table.photos_refused = 2
    with fresh(tmp_path) as store:
        recorder(store, table, [pupil()]).record(Applicant(pupil()))
        content = store.steps(pupil().nik.digits)["photo"].content
        assert len(content["refused"]) == 2
        assert table.cloths == ["blue"]


def test_declared_fingers_are_not_asked_for_and_the_chip_gets_the_next_best(tmp_path, table):
    gone = tuple(kc.Unavailable(name) for name in ("right_index", "left_ring"))
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()]).record(Applicant(pupil(), gone))
        fingers = set(enrolled_fingers(store, pupil().nik.digits))
        assert fingers == set(kc.FINGERS) - {"right_index", "left_ring"}
        verified = store.steps(pupil().nik.digits)["verification"].content
        assert set(verified["fingers"]) == {"left_index", "right_thumb"}


def test_a_person_without_any_finger_or_eye_is_recorded_nonetheless(tmp_path, table):
    gone = tuple(kc.Unavailable(name) for name in (*kc.FINGERS, "left_eye", "right_eye"))
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()]).record(Applicant(pupil(), gone))
        steps = store.steps(pupil().nik.digits)
        assert tuple(steps) == STEPS
        assert steps["irises"].content["unavailable"] == ["left_eye", "right_eye"]


def test_a_finger_given_under_two_names_is_found_and_asked_for_again(tmp_path, table, monkeypatch):
    table.swaps = {"left_index": "right_index"}
    take = Table.take

    def once(self, request):
        samples = take(self, request)
        if "left_index" in samples:
            self.swaps = {}
        return samples

    monkeypatch.setattr(Table, "take", once)
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()]).record(Applicant(pupil()))
        content = store.steps(pupil().nik.digits)["left_four"].content
        assert content["mistaken"][0]["mistakes"] == ["session.same_finger"]
        assert [told.key for told in table.told] == ["session.same_finger"]


def test_fingers_that_do_not_verify_are_recorded_anew_and_verified_again(tmp_path, table, monkeypatch):
    """A stranger's hand lay on the glass when the right fingers were recorded."""
    take = Table.take
    seen = []

    def first_stranger(self, request):
        seen.append(request)
        slaps = [item for item in seen if isinstance(item, kc.FingerRequest) and item.position == "right_four"]
        self.who = 7 if slaps and request is slaps[0] else 1
        return take(self, request)

    monkeypatch.setattr(Table, "take", first_stranger)
    with fresh(tmp_path) as store:
        assert recorder(store, table, [pupil()]).record(Applicant(pupil()))
        steps = store.steps(pupil().nik.digits)
        assert "right_four_again" in steps
        assert steps["verification"].content["verified"]
        assert enrolled_fingers(store, pupil().nik.digits)["right_index"].image[0, 0] == 1


@pytest.mark.parametrize(("vouching", "refused"), [([True], 0), ([False, True], 1)])
def test_a_portrait_like_the_one_before_is_looked_at_and_kept_only_when_vouched_for(tmp_path, table, vouching, refused):
    table.alike = True
    with fresh(tmp_path) as store:
        run = recorder(store, table, [pupil(2), pupil(3)])
        run.record(Applicant(pupil(2)))
        assert table.told == []
        table.vouching = list(vouching)
        run.record(Applicant(pupil(3)))
        content = store.steps(pupil(3).nik.digits)["photo"].content
        assert len(content["refused"]) == refused
        assert content["doubted"]["en"].startswith("This photo resembles")
        assert table.vouching == []


def test_without_any_portrait_nothing_more_is_captured(tmp_path, table, monkeypatch):
    take = Table.take
    monkeypatch.setattr(
        Table, "take", lambda self, request: {} if isinstance(request, kc.FaceRequest) else take(self, request)
    )
    with fresh(tmp_path) as store:
        with pytest.raises(NotRecorded, match="No photo"):
            recorder(store, table, [pupil()]).record(Applicant(pupil()))
        assert tuple(store.steps(pupil().nik.digits)) == ("arrival", "identity", "biodata")


class Killed(BaseException):
    """The process ends here."""


@given(st.lists(st.integers(1, 40), max_size=8), st.booleans())
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_interruption_at_any_point_loses_nothing_and_repeats_nothing(
    tmp_path_factory, monkeypatch, waits, corrected
):
    """Killed after so many moments, again and again: in the end all is as if nothing had happened."""
    folder = tmp_path_factory.mktemp("visit")
    pupils = [pupil(2), pupil(3, name="Siti Contoh")]
    deviations = {"row-3": {"siak": {"name": "Sity"}}} if corrected else {}
    countdown = iter([*waits, 10**9])
    left = next(countdown)

    def moment(_):
        nonlocal left
        left -= 1
        if left == 0:
            left = next(countdown)
            raise Killed

    with monkeypatch.context() as patch:
        table = Table()
        install(patch, table, moment)
        kept = {}
        while True:
            with fresh(folder) as store:
                for nik, names in kept.items():
                    assert list(store.steps(nik))[: len(names)] == names, "a step that was done is gone"
                run = recorder(store, table, pupils, deviations)
                run.before = run.after = lambda applicant, step: moment(step)
                try:
                    done = [run.record(Applicant(item)) for item in pupils]
                except Killed:
                    kept = {item.nik.digits: list(store.steps(item.nik.digits)) for item in pupils}
                    continue
                assert done == [True, True]
                assert all(tuple(store.steps(item.nik.digits)) == STEPS for item in pupils)
                assert [line.content["nik"] for line in store.book("recording_register")] == [
                    item.nik.digits for item in pupils
                ]
                assert len(store.book("attendance")) == 2
                assert store.problems() == []
                break


def test_the_biodata_is_read_in_both_languages_with_the_number_in_groups(tmp_path, table):
    with fresh(tmp_path) as store:
        recorder(store, table, [pupil()]).record(Applicant(pupil()))
        (lines,) = table.read
        assert "6311 0114 0608 9902" in " ".join(lines)
        assert lines[-1] == "Apakah sudah benar?"
        biodata = recorder(store, table, [pupil()]).biodata(pupil().nik.digits)
        assert spoken_biodata(biodata, "en")[-1] == "Is that right?"
