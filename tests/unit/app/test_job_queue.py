import time

import pytest

from ferfusion.app.home import Home, new_id
from ferfusion.app.job_queue import JobQueue
from ferfusion.app.jobs import Job, JobFolders
from ferfusion.app.problems import Problem


@pytest.fixture
def folders(tmp_path, quick_jobs):
    home = Home(tmp_path)
    with home.opened():
        yield JobFolders(home)


@pytest.fixture
def queue(folders):
    made = JobQueue(folders, at_once=2)
    yield made
    made.stop()


def job_that(does, **values):
    return Job(id=new_id(), name=does, kind="video", options={"does": does}, **values)


def run_until(queue, job, *states):
    until = time.monotonic() + 20
    told = []
    while time.monotonic() < until:
        told += queue.tick()
        if queue.get(job.id).state in states:
            return told
        time.sleep(0.02)
    raise AssertionError(queue.get(job.id))


def test_job_runs_and_tells_every_change(queue):
    job = job_that("result")
    queue.add([job])
    told = run_until(queue, job, "done")
    states = [row["state"] for name, row in told if name == "job"]
    assert states[0] == "waiting"
    assert states[-1] == "done"
    assert queue.get(job.id).results == (job.id,)
    assert queue.get(job.id).folder.endswith("/out/clip")
    assert queue.get(job.id).progress == 1


@pytest.mark.parametrize("does", ["result", "fail", "crash"])
def test_job_that_ended_has_no_pace(queue, does):
    job = job_that(does)
    queue.add([job])
    run_until(queue, job, "done", "failed")
    assert queue.get(job.id).done
    assert queue.get(job.id).rate is queue.get(job.id).seconds_left is None


def test_two_run_at_once_and_the_third_waits(queue):
    jobs = [job_that("wait", created=float(n)) for n in range(3)]
    queue.add(jobs)
    queue.tick()
    assert [queue.get(job.id).state for job in jobs] == ["running", "running", "waiting"]
    queue.cancel(jobs[0].id)
    queue.tick()
    assert [queue.get(job.id).state for job in jobs] == ["cancelled", "running", "running"]


def test_failure_has_its_message_and_a_crash_ends_its_job_only(queue):
    fails, crashes, works = job_that("fail"), job_that("crash"), job_that("result")
    queue.add([fails, crashes, works])
    for job in (fails, crashes, works):
        run_until(queue, job, "done", "failed")
    assert queue.get(fails.id).message == "clip.mp4: it is no video"
    assert queue.get(crashes.id).message == "The process of this job ended: signal 11"
    assert queue.get(works.id).state == "done"


def test_cancelled_job_can_be_tried_again(queue):
    job = job_that("wait")
    queue.add([job])
    queue.tick()
    queue.cancel(job.id)
    with pytest.raises(Problem, match="has ended already"):
        queue.cancel(job.id)
    queue.retry(job.id)
    with pytest.raises(Problem, match="Only a job that failed"):
        queue.retry(job.id)
    run_until(queue, job, "running")
    (queue.folders.of(job.id) / "go").touch()
    run_until(queue, job, "done")


def test_remove_takes_the_files_from_the_disk_also_of_a_running_job(queue, folders):
    job = job_that("wait")
    queue.add([job])
    queue.tick()
    removed, size = queue.remove(job.id)
    assert removed == [str(folders.of(job.id))]
    assert size > 0
    assert not folders.of(job.id).exists()
    assert ("gone", {"id": job.id}) in queue.tick()
    with pytest.raises(Problem, match="There is no job"):
        queue.get(job.id)


def test_queue_of_a_killed_server_is_taken_over(queue, folders):
    """The first queue is not stopped, as after kill -9."""
    runs, ended, waits = job_that("wait"), job_that("result"), job_that("wait")
    queue.add([runs, ended])
    run_until(queue, ended, "done")
    queue.add([waits])
    after = JobQueue(folders, at_once=2)
    assert {job.id: job.state for job in after.all()} == {
        runs.id: "running",
        ended.id: "done",
        waits.id: "waiting",
    }
    after.tick()
    assert after.get(runs.id).state == "running"
    assert after.get(runs.id).attempts == 1  # the same process goes on
    (folders.of(runs.id) / "go").touch()
    run_until(after, runs, "done")
    after.stop()


def test_job_whose_process_is_gone_with_the_server_starts_again(folders):
    job = job_that("result", state="running")
    folders.write(job)
    after = JobQueue(folders, at_once=1)
    told = run_until(after, job, "done")
    assert "waiting" in [row["state"] for _, row in told]


def test_stop_lets_running_jobs_wait_for_the_next_start(queue, folders):
    job = job_that("wait")
    queue.add([job])
    queue.tick()
    queue.stop()
    assert [each.state for each in folders.read_all()] == ["waiting"]
