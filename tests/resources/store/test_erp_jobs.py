"""Jobs that an ERP answered with, kept over the life of a process."""

from resources.erp.sent_jobs import SentJob
from resources.store.control import ControlDatabase
from resources.store.erp_jobs import ErpJobs


def test_a_later_process_knows_the_job_of_a_document(control_url, control, open_control, clock):
    """What one process was answered, the next one asks about."""
    ErpJobs(control, clock).remember("a journal", SentJob("10073567", "f" * 64))
    later: ControlDatabase = open_control(control_url)
    assert ErpJobs(later, clock).recall("a journal") == SentJob("10073567", "f" * 64)
    assert ErpJobs(later, clock).recall("another") is None


def test_the_newest_job_of_a_document_counts(control, clock):
    """Sent again once it was provably absent, its earlier job says nothing any more."""
    jobs = ErpJobs(control, clock)
    jobs.remember("a journal", SentJob("1", "first"))
    jobs.remember("another", SentJob("2", "other"))
    jobs.remember("a journal", SentJob("3", "second"))
    assert jobs.recall("a journal") == SentJob("3", "second")
    assert jobs.recall("another") == SentJob("2", "other")


def test_several_jobs_are_kept_at_once_each_in_place_of_the_one_before(control, clock):
    """With the moment they were sent; nothing to keep is nothing to do."""
    jobs = ErpJobs(control, clock)
    jobs.remember("a journal", SentJob("1", "first"))
    jobs.remember_all({"a journal": SentJob("2", "second"), "another": SentJob("2", "other")})
    jobs.remember_all({})
    assert jobs.recall("a journal") == SentJob("2", "second")
    assert jobs.recall("another").sent_at == clock.now()
