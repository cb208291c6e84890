// A bounded number of jobs at once, in their order. Jobs that ask for the machine to themselves begin first:
// behind others one would wait for the last of them. More jobs run while the machine has time for them. Jobs
// that yield to all others run beside them, one after the other.

import { readFileSync } from 'node:fs';
import { cpus, freemem } from 'node:os';

/** One job less while less of the cores' time is free. */
const LESS_BELOW = 0.06;
/** A job takes less: real nodes, their guards and a cluster of etcd. */
const JOB_BYTES = 3 * 2 ** 30;

/**
 * @param {object} options
 * @param {number} options.size this many jobs at once, however busy the machine is
 * @param {number} [options.most] up to this many while the machine has time
 * @param {number} [options.moreFrom] one job more while this share of the machine's time is free
 * @param {() => number} [options.freeShare] of the machine's time since the last call, from 0 to 1; asked
 *   every `everyMs` while jobs wait
 * @param {number} [options.everyMs] long enough to see what the last job that began does with the machine
 */
export function createPool({ size, most = size, moreFrom = 0.3, freeShare = () => 0, everyMs = 5_000 }) {
  let limit = size;
  let running = 0;
  let isAlone = false;
  const waiting = [];
  let timer;
  const yieldTo = inTurn();

  function admit() {
    while (!isAlone) {
      // One that comes later must not keep the cores idle behind the longest job.
      const at = waiting.findIndex(({ alone }) => !alone || running === 0);
      if (at < 0 || running >= limit) break;
      const [{ alone, enter }] = waiting.splice(at, 1);
      running += 1;
      isAlone = alone;
      enter();
    }
    if (waiting.length > 0 && most > size) timer ??= setInterval(look, everyMs);
    else timer = clearInterval(timer);
  }

  function look() {
    const free = freeShare();
    // A limit that no job has reached yet says nothing.
    if (free >= moreFrom && running >= limit) limit = Math.min(limit + 1, most);
    else if (free < LESS_BELOW) limit = Math.max(limit - 1, size);
    admit();
  }

  return {
    /** Runs the work when it is its turn. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
    async run(work, { alone = false, yields = false } = {}) {
      if (yields) return yieldTo(work);
      await new Promise((enter) => {
        waiting.splice(alone ? waiting.filter((one) => one.alone).length : waiting.length, 0, {
          alone,
          enter,
        });
        queueMicrotask(admit);
      });
      try {
        return await work();
      } finally {
        running -= 1;
        isAlone = false;
        admit();
      }
    },
  };
}

/** Runs works one after the other, although one of them fails. */
function inTurn() {
  let last = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/**
 * Measures the share of the cores' time that was free. Time of processes that yield to all others (`nice`)
 * counts as free. None is free while the memory has no room for a job.
 * @returns {() => number} the share since the last call, from 0 to 1
 */
export function coresFree() {
  let before = coreTimes();
  return () => {
    const after = coreTimes();
    const all = after.all - before.all;
    const free = after.free - before.free;
    before = after;
    return all > 0 && freemem() > JOB_BYTES ? free / all : 0;
  };
}

/** Of all cores since the start. `os.cpus` lacks the time that the host of a virtual machine takes. */
function coreTimes() {
  const [user, nice, system, idle, wait, ...rest] = ofLinux() ?? ofNode();
  const sum = (times) => times.reduce((total, time) => total + time, 0);
  return { free: nice + idle, all: sum([user, nice, system, idle, wait, ...rest.slice(0, 3)]) };
}

/** The first line of /proc/stat (proc(5)): user, nice, system, idle, wait, irq, softirq, steal, and more. */
function ofLinux() {
  try {
    const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    return line?.split(' ').map(Number);
  } catch {
    return undefined;
  }
}

function ofNode() {
  return cpus()
    .map(({ times: { user, nice, sys, idle, irq } }) => [user, nice, sys, idle, 0, irq])
    .reduce((all, one) => all.map((time, at) => time + one[at]));
}
