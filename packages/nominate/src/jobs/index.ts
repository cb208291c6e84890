export { JOBS } from './all-jobs.ts';
export { BOARD_PATH, boardServer } from './board.ts';
export type { Job, JobContext, JobEvent } from './job.ts';
export type * from './job-ports.ts';
export { localExecutor } from './local.ts';
export { dueJobs } from './planner.ts';
export { type JobQueue, type JobWorker, openJobQueue, openWorker, type QueueSetting } from './queue.ts';
export { type JobEnd, type JobParts, runJob } from './run-job.ts';
export { type Executor, type Scheduler, scheduler } from './scheduler.ts';
