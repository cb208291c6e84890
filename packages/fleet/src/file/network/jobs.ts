import { z } from 'zod';
import { IMAGE_BY_DIGEST } from './software.ts';

const field = '(?:\\*|[0-9]{1,2}(?:-[0-9]{1,2})?)(?:/[0-9]{1,2})?';
const list = `${field}(?:,${field})*`;

const schedule = z
  .string()
  .max(100)
  .regex(new RegExp(`^${list}(?: ${list}){4}$`), {
    error:
      'expected five fields of cron in digits: minute, hour, day, month, weekday, for example `0 3 * * *`',
  })
  .describe('When, as cron has it, in UTC: `0 3 * * *` is at three each night.');
/** Longest time of a run, in minutes. */
export const JOB_MINUTES = { backup: 120, growth: 10 } as const;

const minutes = (otherwise: number) =>
  z.int().min(1).max(1440).optional().describe(`Longest time of one run. Left out: ${otherwise}.`);

/** Commands that run in the cluster by themselves, as CronJobs. */
export const jobsShape = z.strictObject({
  image: z
    .string()
    .regex(IMAGE_BY_DIGEST, {
      error: 'expected an image by digest: REPOSITORY@sha256:… (a tag may be moved, a digest not)',
    })
    .optional()
    .describe('Image of watchbill by digest. Left out: that of `service`.'),
  command: z
    .string()
    .regex(/^[A-Za-z0-9._/-]+$/)
    .optional()
    .describe('The executable in that image. Left out: watchbill.'),
  backup: z
    .strictObject({ schedule, minutes: minutes(JOB_MINUTES.backup) })
    .optional()
    .describe('A backup of each node of the role backup, as `fleet backup run` makes it.'),
  growth: z
    .strictObject({
      schedule,
      minutes: minutes(JOB_MINUTES.growth),
      prometheus: z
        .string()
        .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._/-]*)?$/, {
          error: 'expected http://HOST:PORT, without user and password',
        })
        .describe('A Prometheus that reads the kubelets; the job has no right to ask them itself.'),
    })
    .optional()
    .describe('Volumes that are full enough grow, as `fleet nodes storage grow --apply` does it.'),
});
export type JobsFile = z.infer<typeof jobsShape>;
