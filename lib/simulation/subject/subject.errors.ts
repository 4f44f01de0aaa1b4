import { PosthasteError } from '../../core/errors.ts';

/** A subject does nothing that could be compared, though nothing goes wrong. Code `SUBJECT_INACTIVE`. */
export class SubjectInactiveError extends PosthasteError {
  constructor(name: string, reason: string) {
    super(
      `${name} has no effect even in a run without faults (${reason}): give it messages that it handles, name the tables it writes in "tables" ` +
        'and what it publishes in "publishes", or note effects outside of the world with process.effect()',
      { code: 'SUBJECT_INACTIVE' },
    );
  }
}

/** A subject has effects in its first run and none in the next one. Code `SUBJECT_INACTIVE`. */
export class SubjectRemembersError extends PosthasteError {
  constructor(name: string) {
    super(
      `${name} has effects in its first run, and none in the next, which starts anew: a module keeps its variables over all runs, so one that ` +
        'remembers what it has seen, e.g. in a Set or a cache, does nothing the second time. Make what holds state inside the function that ' +
        'makes the code, for each process anew',
      { code: 'SUBJECT_INACTIVE' },
    );
  }
}

/** A subject's effects differ between two runs without faults. Code `SUBJECT_UNSTABLE`. */
export class SubjectUnstableError extends PosthasteError {
  constructor(name: string, difference: string) {
    super(
      `${name} has other effects in each run, though nothing goes wrong (${difference}): name attributes that hold times or random values in ` +
        '"ignore", or say in "effects" what has to be the same',
      { code: 'SUBJECT_UNSTABLE' },
    );
  }
}

/** A search found a run in which a subject does not do everything exactly once. Code `NOT_EXACTLY_ONCE`. */
export class NotExactlyOnceError extends PosthasteError {
  /** What POSTHASTE_REPLAY takes to run it again. */
  readonly replay: string;

  constructor(message: string, replay: string) {
    super(message, { code: 'NOT_EXACTLY_ONCE' });
    this.replay = replay;
  }
}

/** An option of a subject's test cannot work. Code `SUBJECT_CONFIG`. */
export class SubjectConfigError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'SUBJECT_CONFIG' });
  }
}
