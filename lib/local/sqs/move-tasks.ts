import type { Cancel } from '../../core/clock.ts';
import type { Queue } from './queue.ts';
import type { Queues } from './queues.ts';
import { redrive } from './transfer.ts';

/** One redrive of a dead-letter queue. */
export interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  /** Where the messages go; undefined: each back to the queue that it came from. */
  readonly destinationArn: string | undefined;
  readonly maxPerSecond: number | undefined;
  readonly startedAt: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  failureReason: string | undefined;
}

/** What starts a task. */
export interface MoveOrder {
  readonly source: Queue;
  readonly destinationArn: string | undefined;
  readonly maxPerSecond: number | undefined;
}

/** The move tasks of the account. */
export interface MoveTasks {
  start(order: MoveOrder): MoveTask;
  /** The tasks of a source queue, latest first. */
  of(sourceArn: string): readonly MoveTask[];
  cancel(task: MoveTask): void;
}

/**
 * Makes an account without move tasks. A task moves what is visible: a batch each second when it has a rate, otherwise all of it as
 * soon as time passes (the service optimises the rate; the order of magnitude is its own).
 */
export function createMoveTasks(queues: Queues): MoveTasks {
  const { clock, ids } = queues.options;
  const tasks: MoveTask[] = [];
  const timers = new Map<MoveTask, Cancel>();

  function end(task: MoveTask, status: MoveTask['status'], failureReason?: string): void {
    timers.get(task)?.();
    timers.delete(task);
    task.status = status;
    task.failureReason = failureReason;
  }

  /** Moves one message; tells whether the task goes on. */
  function moveOne(task: MoveTask, source: Queue): boolean {
    const [message] = source.next(1);
    if (message === undefined) {
      end(task, 'COMPLETED');
      return false;
    }
    const targetArn = task.destinationArn ?? message.deadLetterSourceArn;
    const target = targetArn === undefined ? undefined : queues.findByArn(targetArn);
    if (target === undefined) {
      // StartMessageMoveTask reference: a message that was sent to the dead-letter queue directly has no source to return to.
      end(task, 'FAILED', targetArn === undefined ? 'CouldNotDetermineMessageSource' : 'AWS.SimpleQueueService.NonExistentQueue');
      return false;
    }
    redrive(queues, source, { message, target });
    task.moved += 1;
    return true;
  }

  function run(task: MoveTask): void {
    const source = queues.findByArn(task.sourceArn);
    if (source === undefined) {
      end(task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue');
      return;
    }
    source.settle();
    const batch = task.maxPerSecond ?? source.store.counts.visible;
    for (let moved = 0; moved < batch; moved += 1) if (!moveOne(task, source)) return;
    if (!source.hasNext) {
      end(task, 'COMPLETED');
      return;
    }
    timers.set(
      task,
      clock.after(1_000, () => run(task)),
    );
  }

  return {
    start({ source, destinationArn, maxPerSecond }) {
      const toMove = source.store.counts.visible;
      const task: MoveTask = {
        id: ids.next(),
        sourceArn: source.arn,
        destinationArn,
        maxPerSecond,
        startedAt: clock.now(),
        toMove,
        moved: 0,
        status: 'RUNNING',
        failureReason: undefined,
      };
      tasks.unshift(task);
      timers.set(
        task,
        clock.after(0, () => run(task)),
      );
      return task;
    },
    of: (sourceArn) => tasks.filter((task) => task.sourceArn === sourceArn),
    cancel: (task) => end(task, 'CANCELLED'),
  };
}
