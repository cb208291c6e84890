import type { Clock } from '@watchbill/kit';
import type { HostClock, VirtualClock, WallClockView } from '@watchbill/kit/testing';

/** A machine: processes on it end, freeze and start again. */
export interface Host {
  readonly name: string;
  readonly clock: HostClock;
  state(): 'up' | 'paused' | 'down';
  /** The process that runs now, or null. */
  life(): Life | null;
  /** Start a process; one that runs is killed first. */
  start(boot: (life: Life) => Promise<void> | void): Life;
  /** kill -9: the process stops at once, without a notice to anyone. */
  crash(): void;
  /** SIGSTOP: messages and ends of sleeps wait. Monotonic time goes on. */
  pause(): void;
  resume(): void;
}

/** One process, from its start to its end. */
export interface Life {
  readonly host: string;
  /** Counts the starts of the host, from 1. */
  readonly number: number;
  alive(): boolean;
  /** The clock as this process sees it: its sleeps end neither while frozen nor after its end. */
  readonly clock: Clock;
  /**
   * A call to something outside the process (a disk, a network, a store): it begins only while the process
   * runs, and its answer comes only to a process that runs. For a process that has ended the promise never
   * settles.
   */
  outside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Deliver a call into the process; in order, later if frozen, never if it has ended. */
  deliver(act: () => void): void;
  /** Ends this process, from within. */
  crash(): void;
}

export function createHost(clock: VirtualClock, name: string, view: WallClockView = {}): Host {
  const wall = clock.host(view);
  const gate = createGate();
  let current: { readonly life: Life; end(): void } | null = null;
  let count = 0;

  function start(boot: (life: Life) => Promise<void> | void): Life {
    crash();
    let alive = true;
    const life = createLife({
      name,
      number: ++count,
      wall,
      alive: () => alive,
      whenRunning: gate.pass,
      crash: crashOwn,
    });
    const own = {
      life,
      end() {
        alive = false;
      },
    };
    function crashOwn(): void {
      if (alive) crash();
    }
    current = own;
    void Promise.resolve().then(() => boot(life));
    return life;
  }

  function crash(): void {
    current?.end();
    current = null;
    gate.clear();
  }

  return {
    name,
    clock: wall,
    state: () => (current === null ? 'down' : gate.isShut() ? 'paused' : 'up'),
    life: () => current?.life ?? null,
    start,
    crash,
    pause() {
      if (current !== null) gate.shut();
    },
    resume: gate.open,
  };
}

/** Calls pass while it is open; others wait, in order. */
interface Gate {
  isShut(): boolean;
  pass(act: () => void): void;
  shut(): void;
  open(): void;
  /** Opens it, and drops the calls that wait. */
  clear(): void;
}

function createGate(): Gate {
  let isShut = false;
  let waiting: (() => void)[] = [];
  return {
    isShut: () => isShut,
    pass(act) {
      if (isShut) waiting.push(act);
      else act();
    },
    shut() {
      isShut = true;
    },
    open() {
      isShut = false;
      const held = waiting;
      waiting = [];
      for (const act of held) act();
    },
    clear() {
      isShut = false;
      waiting = [];
    },
  };
}

interface LifeParts {
  readonly name: string;
  readonly number: number;
  readonly wall: HostClock;
  alive(): boolean;
  whenRunning(act: () => void): void;
  crash(): void;
}

function createLife(parts: LifeParts): Life {
  const { alive, whenRunning, wall } = parts;

  function deliver(act: () => void): void {
    whenRunning(() => {
      if (alive()) act();
    });
  }

  function outside<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      deliver(() => {
        work().then(
          (result) => deliver(() => resolve(result)),
          (error) => deliver(() => reject(error)),
        );
      });
    });
  }

  return {
    host: parts.name,
    number: parts.number,
    alive,
    clock: {
      nowMs: wall.nowMs,
      monotonicMs: wall.monotonicMs,
      sleep: (ms, signal) => outside(() => wall.sleep(ms, signal)),
    },
    outside,
    deliver,
    crash: parts.crash,
  };
}
