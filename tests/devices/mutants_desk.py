"""Bad card readers, printers, drives and uplinks."""

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from ktpel_capture.cancel import NEVER
from ktpel_capture.devices.protocols import JobStage, ResponseApdu
from ktpel_capture.devices.testing import (
    BackupVolumeKit,
    CardPrinterKit,
    CardReaderKit,
    UplinkKit,
)
from ktpel_capture.errors import CaptureCancelled, DeviceError, DeviceFault

from .mutants import Good, kills

# Card readers.


@kills("test_slots_are_named", CardReaderKit)
class Slotless(Good):
    def slots(self):
        self.inner.slots()
        return ("contactless", "contactless")


class ReaderMutant(Good):
    """Changes how a card is given."""

    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=timeout, cancel=cancel)


@kills("test_an_unknown_slot_is_the_callers_error", CardReaderKit)
class AnySlot(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card("contactless", timeout=timeout, cancel=cancel)


@kills("test_a_timeout_of_nothing_is_the_callers_error", CardReaderKit)
class AnyTimeoutForACard(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=max(timeout, 0.1), cancel=cancel)


class CardMutant(ReaderMutant):
    """Changes the card."""

    class Card:
        def __init__(self, reader, inner):
            self.reader, self.inner = reader, inner

        @property
        def atr(self):
            return self.inner.atr

        def transmit(self, command, *, timeout=5.0):
            return self.inner.transmit(command, timeout=timeout)

    @contextmanager
    def card(self, slot, *, timeout, cancel=NEVER):
        with self.inner.card(slot, timeout=timeout, cancel=cancel) as card:
            yield self.Card(self, card)


@kills("test_a_card_answers", CardReaderKit)
class NoAtr(CardMutant):
    class Card(CardMutant.Card):
        atr = b""


@kills("test_a_cards_refusal_is_an_answer_and_no_error", CardReaderKit)
class RaisesRefusals(CardMutant):
    class Card(CardMutant.Card):
        def transmit(self, command, *, timeout=5.0):
            answer = super().transmit(command, timeout=timeout)
            if not answer.ok:
                raise DeviceFault(self.reader.info, f"status {answer.status:04x}")
            return answer


@kills("test_a_card_is_held_exclusively", CardReaderKit)
class SharesTheCard(ReaderMutant):
    @contextmanager
    def card(self, slot, *, timeout, cancel=NEVER):
        self.inner._held.discard(slot)
        with self.inner.card(slot, timeout=timeout, cancel=cancel) as card:
            yield card


class Undead(CardMutant):
    """A card that always answers."""

    class Card(CardMutant.Card):
        def transmit(self, command, *, timeout=5.0):
            try:
                return super().transmit(command, timeout=timeout)
            except DeviceError:
                return ResponseApdu(b"", 0x9000)


kills("test_a_card_given_back_is_not_spoken_to", CardReaderKit)(Undead)
kills("test_a_closed_reader_takes_its_card_along", CardReaderKit)(type("UndeadWhenClosed", (Undead,), {}))
kills("test_a_card_taken_away_is_told", CardReaderKit)(type("UndeadWhenTaken", (Undead,), {}))


@kills("test_no_card_is_a_timeout", CardReaderKit)
class WaitsTooLong(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=3 * timeout, cancel=cancel)


@kills("test_waiting_for_a_card_can_be_called_off", CardReaderKit)
class DeafReader(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=timeout)


@kills("test_a_card_laid_on_while_waiting_is_seen", CardReaderKit)
class LooksOnce(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=0.1, cancel=cancel)


# Card printers.


@kills("test_supplies_are_counted_in_cards", CardPrinterKit)
class NegativeSupply(Good):
    def supplies(self):
        supplies = self.inner.supplies()
        return replace(supplies, items=tuple(replace(item, cards_left=-1) for item in supplies.items))


@kills("test_an_unknown_job_is_told", CardPrinterKit)
class KnowsEveryJob(Good):
    def job(self, job):
        from ktpel_capture.devices.protocols import JobState

        try:
            return self.inner.job(job)
        except DeviceError:
            return JobState(job, "", JobStage.DONE)


@kills("test_a_card_is_printed", CardPrinterKit)
class FailsJobs(Good):
    def job(self, job):
        return replace(self.inner.job(job), stage=JobStage.FAILED)


@kills("test_a_job_knows_its_key", CardPrinterKit)
class ForgetsTheKey(Good):
    def job(self, job):
        return replace(self.inner.job(job), key="")


@kills("test_submitting_returns_before_the_card_is_printed", CardPrinterKit)
class PrintsInSubmit(Good):
    def submit(self, job):
        identifier = self.inner.submit(job)
        self.clock.wait(25.0)
        return identifier


class Renames(Good):
    """A job of its own for every submit."""

    count = 0

    def submit(self, job):
        self.count += 1
        return self.inner.submit(replace(job, key=f"{job.key}-{self.count}"))


kills("test_a_key_is_never_printed_twice", CardPrinterKit)(Renames)


@kills("test_jobs_of_two_keys_are_two", CardPrinterKit)
class OneJobForAll(Good):
    def submit(self, job):
        return self.inner.submit(replace(job, key="the only one"))


@kills("test_a_waiting_job_can_be_withdrawn", CardPrinterKit)
class CannotWithdraw(Good):
    def withdraw(self, job):
        raise DeviceFault(self.info, "not supported")


@kills("test_a_printed_job_cannot_be_withdrawn", CardPrinterKit)
class WithdrawsPrinted(Good):
    def withdraw(self, job):
        return replace(self.inner.withdraw(job), stage=JobStage.WITHDRAWN)


@kills("test_a_picture_that_is_none_is_the_callers_error", CardPrinterKit)
class PrintsAnything(Good):
    def submit(self, job):
        if job.front.ndim != 3:
            job = replace(job, front=np.zeros((10, 10, 3), np.uint8))
        return self.inner.submit(job)


@kills("test_the_caller_may_reuse_its_picture", CardPrinterKit)
class KeepsTheCallersPicture(Good):
    given = None

    def submit(self, job):
        self.given, self.sum = job, int(job.front.sum())
        return self.inner.submit(job)

    def job(self, job):
        state = self.inner.job(job)
        changed = self.given is not None and int(self.given.front.sum()) != self.sum
        return replace(state, stage=JobStage.FAILED) if changed else state


# Backup volumes.


@kills("test_usage_is_room_in_bytes", BackupVolumeKit)
class MoreFreeThanThere(Good):
    def usage(self):
        usage = self.inner.usage()
        return replace(usage, free=usage.total + 1)


class VolumeMutant(Good):
    """Changes writing."""

    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write(name, content, cancel=cancel)


@kills("test_what_is_written_is_read_back", BackupVolumeKit)
class LosesTheLast(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write(name, list(content)[:-1], cancel=cancel)


@kills("test_a_name_is_listed_once_and_under_its_prefix", BackupVolumeKit)
class ListsTwice(Good):
    def names(self, prefix=""):
        found = list(self.inner.names(prefix))
        return iter(found + found)


@kills("test_writing_again_replaces", BackupVolumeKit)
class Appends(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        old = b""
        if name in set(self.inner.names(name)):
            with self.inner.read(name) as file:
                old = file.read()
        return self.inner.write(name, [old, *content], cancel=cancel)


class HalfFiles(VolumeMutant):
    """Leaves what came before the error."""

    def write(self, name, content, *, cancel=NEVER):
        arrived = []
        try:
            for chunk in content:
                if cancel.cancelled:
                    raise CaptureCancelled(self.info, "called off")
                arrived.append(chunk)
        except BaseException:
            self.inner.write(name, arrived)
            raise
        return self.inner.write(name, arrived, cancel=cancel)


kills("test_a_writer_that_fails_leaves_nothing", BackupVolumeKit)(HalfFiles)
kills("test_a_writer_that_fails_keeps_the_old_version", BackupVolumeKit)(type("HalfNewFiles", (HalfFiles,), {}))
kills("test_writing_can_be_called_off", BackupVolumeKit)(type("HalfCancelledFiles", (HalfFiles,), {}))


@kills("test_a_name_that_is_not_there_is_told", BackupVolumeKit)
class PlainErrors(Good):
    @contextmanager
    def read(self, name):
        if name not in set(self.inner.names()):
            raise FileNotFoundError(name)
        with self.inner.read(name) as file:
            yield file


@kills("test_a_name_that_leaves_the_volume_is_refused", BackupVolumeKit)
class TakesAnyName(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write("kit/" + "".join(letter for letter in name if letter.isalnum()), content)


@kills("test_an_empty_file_is_a_file", BackupVolumeKit)
class SkipsEmpty(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        chunks = list(content)
        return self.inner.write(name, chunks, cancel=cancel) if chunks else "0" * 64


@kills("test_two_writers_at_once_both_arrive_whole", BackupVolumeKit)
class OneAtATime(VolumeMutant):
    busy = False

    def write(self, name, content, *, cancel=NEVER):
        if self.busy:
            raise DeviceFault(self.info, "a write is running")
        self.busy = True
        try:
            threading.Event().wait(0.1)
            return self.inner.write(name, content, cancel=cancel)
        finally:
            self.busy = False


@kills("test_what_is_written_is_there_for_the_next_who_opens_it", BackupVolumeKit)
class ForgetsOnClose(Good):
    def close(self):
        if not self.closed:
            for name in list(self.inner.names("kit/")):
                self.inner.remove(name)
        super().close()


@kills("test_an_ejected_volume_takes_nothing_more", BackupVolumeKit)
class NeverEjects(Good):
    def eject(self):
        pass


# Uplinks.


@kills("test_the_link_says_how_it_is", UplinkKit)
class ImpossibleSignal(Good):
    def link(self):
        return replace(self.inner.link(), signal_dbm=31.0)


@kills("test_a_timeout_of_nothing_is_the_callers_error", UplinkKit)
class AnyTimeoutForTheNetwork(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=max(timeout, 1.0), cancel=cancel)


@kills("test_online_gives_a_link_that_passes_packets", UplinkKit)
class OnlineOffline(Good):
    @contextmanager
    def online(self, *, timeout, cancel=NEVER):
        with self.inner.online(timeout=timeout, cancel=cancel) as state:
            yield replace(state, online=False)


@kills("test_an_error_of_the_caller_is_not_swallowed", UplinkKit)
class SwallowsOnline(Good):
    @contextmanager
    def online(self, *, timeout, cancel=NEVER):
        with self.inner.online(timeout=timeout, cancel=cancel) as state, suppress(ZeroDivisionError):
            yield state


@kills("test_no_network_is_a_timeout", UplinkKit)
class WaitsForTheNetwork(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=5 * timeout, cancel=cancel)


@kills("test_waiting_for_the_network_can_be_called_off", UplinkKit)
class DeafUplink(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=timeout)
