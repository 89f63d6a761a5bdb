package journal

import (
	"context"
	"errors"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/store"
)

// Job is how far an import is, and what came of it.
type Job = store.Job

const (
	jobTime  = 500 * time.Millisecond // between two words of an import to other processes
	jobLives = 10 * time.Second       // between two words that it still runs
	jobLost  = time.Minute            // without a word: it is taken to have been stopped
	jobsKept = 24 * time.Hour         // from the last word of one
)

// jobs are the imports that run in this process.
type jobs struct {
	mu  sync.Mutex
	all map[[2]string]*RunningJob
}

// RunningJob is an import that runs here. It tells other processes now and then how far it is; that nobody waits for.
type RunningJob struct {
	j      *Journal
	mu     sync.Mutex
	now    Job
	over   chan struct{}
	writer sync.WaitGroup
}

// BeginJob says that an import begins. It has to be ended.
func (j *Journal) BeginJob(ctx context.Context, owner, name, phase string) *RunningJob {
	r := &RunningJob{j: j, now: Job{Owner: owner, Name: name, Phase: phase, At: j.o.Now()}, over: make(chan struct{})}
	j.jobs.mu.Lock()
	if j.jobs.all == nil {
		j.jobs.all = map[[2]string]*RunningJob{}
	}
	j.jobs.all[[2]string{owner, name}] = r
	j.jobs.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	r.writer.Go(func() {
		r.warn(j.db.DropJobs(ctx, j.o.Now().Add(-jobsKept)))
		r.keep(ctx)
	})
	return r
}

// keep writes down how far the import is, whenever that has changed.
func (r *RunningJob) keep(ctx context.Context) {
	tick := time.NewTicker(jobTime)
	defer tick.Stop()
	for written, at := (Job{}), (time.Time{}); ; {
		if now := r.at(); now != written || r.j.o.Now().Sub(at) > jobLives {
			written, at = now, r.j.o.Now()
			now.At = at
			r.write(ctx, now)
		}
		select {
		case <-tick.C:
		case <-r.over:
			return
		}
	}
}

func (r *RunningJob) write(ctx context.Context, now Job) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r.warn(r.j.db.PutJob(ctx, now))
}

func (r *RunningJob) warn(err error) {
	if err != nil && !errors.Is(err, context.DeadlineExceeded) { // SQLite is busy while the import itself writes
		r.j.o.Log.Warn("it cannot be written down how far an import is", "error", err)
	}
}

func (r *RunningJob) at() Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Tell says how far the import is; total is 0 while it is not known.
func (r *RunningJob) Tell(phase Phase, done, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Phase, r.now.Done, r.now.Total, r.now.At = string(phase), int64(done), int64(total), r.j.o.Now()
}

// End says what came of the import, as JSON, and that nothing more comes.
func (r *RunningJob) End(ctx context.Context, outcome string) {
	r.mu.Lock()
	r.now.Ended, r.now.Outcome, r.now.At = true, outcome, r.j.o.Now()
	r.mu.Unlock()
	close(r.over)
	r.writer.Wait()
	r.write(context.WithoutCancel(ctx), r.at())
	r.j.jobs.mu.Lock()
	defer r.j.jobs.mu.Unlock()
	if key := [2]string{r.now.Owner, r.now.Name}; r.j.jobs.all[key] == r {
		delete(r.j.jobs.all, key)
	}
}

// Job tells how far an import is, wherever it runs; found is false if there was none within a day.
func (j *Journal) Job(ctx context.Context, owner, name string) (now Job, found bool, err error) {
	j.jobs.mu.Lock()
	here := j.jobs.all[[2]string{owner, name}]
	j.jobs.mu.Unlock()
	if here != nil {
		return here.at(), true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if now, found, err = j.db.Job(ctx, owner, name); err != nil {
		err = fault.Wrap(fault.Unavailable, err, "it cannot be read how far imports are")
	}
	if found && !now.Ended && j.o.Now().Sub(now.At) > jobLost {
		now.Ended, now.Outcome = true, lost
	}
	return now, found, err
}

// lost is what came of an import of which nothing is heard any more.
const lost = `{"error":{"code":"UNAVAILABLE","message":"nothing is heard of the import any more: its server was stopped"}}`
