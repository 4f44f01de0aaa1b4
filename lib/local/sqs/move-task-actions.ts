import { AwsError, type Json } from '../aws.ts';
import { optionalInteger, requiredText } from './input.ts';
import { createMoveTasks, type MoveTask } from './move-tasks.ts';
import type { Actions, Queues } from './queues.ts';
import { invalidParameter, invalidValue } from './sqs-errors.ts';

/** StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask. */
export function createMoveTaskActions(queues: Queues): Actions {
  const tasks = createMoveTasks(queues);

  function queueOf(arn: string, parameter: string) {
    const queue = queues.findByArn(arn);
    if (queue === undefined) throw notFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`);
    return queue;
  }

  function isDeadLetterQueue(arn: string): boolean {
    return queues.all().some((queue) => queue.settings.redrivePolicy?.deadLetterTargetArn === arn);
  }

  function taskOf(handle: string): MoveTask {
    const { taskId, sourceArn } = parseHandle(handle);
    queueOf(sourceArn, 'SourceArn');
    const task = tasks.of(sourceArn).find((candidate) => candidate.id === taskId);
    if (task === undefined) throw notFound('Task does not exist.');
    return task;
  }

  return {
    StartMessageMoveTask(input) {
      const source = queueOf(requiredText(input, 'SourceArn'), 'SourceArn');
      if (!isDeadLetterQueue(source.arn)) throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
      const given = input['DestinationArn'];
      const destinationArn = typeof given === 'string' ? queueOf(given, 'DestinationArn').arn : undefined;
      if (destinationArn === source.arn) throw invalidParameter('Source queue arn and destination queue arn cannot be the same.');
      const maxPerSecond = readRate(input);
      if (tasks.of(source.arn).some((task) => task.status === 'RUNNING')) {
        throw invalidParameter('There is already a task running. Only one active task is allowed for a source queue arn at a given time.');
      }
      source.settle();
      return { TaskHandle: formatHandle(tasks.start({ source, destinationArn, maxPerSecond })) };
    },
    ListMessageMoveTasks(input) {
      const source = queueOf(requiredText(input, 'SourceArn'), 'SourceArn');
      const refuse = (value: unknown) => invalidValue(value, 'MaxResults', 'Must be between 1 and 10, if provided.');
      const limit = optionalInteger(input, 'MaxResults', { minimum: 1, maximum: 10, refuse }) ?? 1;
      return { Results: tasks.of(source.arn).slice(0, limit).map(render) };
    },
    CancelMessageMoveTask(input) {
      const task = taskOf(requiredText(input, 'TaskHandle'));
      if (task.status !== 'RUNNING') throw new AwsError('UnsupportedOperation', 'Only active tasks can be cancelled.');
      tasks.cancel(task);
      return { ApproximateNumberOfMessagesMoved: task.moved };
    },
  };
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { status: 404 });
}

/** StartMessageMoveTask reference: up to 500 messages a second. */
function readRate(input: Json): number | undefined {
  const refuse = (value: unknown) => invalidValue(value, 'MaxNumberOfMessagesPerSecond', 'Must be between 1 and 500, if provided.');
  return optionalInteger(input, 'MaxNumberOfMessagesPerSecond', { minimum: 1, maximum: 500, refuse });
}

function formatHandle(task: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: task.sourceArn })).toString('base64');
}

function parseHandle(handle: string): { readonly taskId: string; readonly sourceArn: string } {
  const invalid = invalidParameter('Value for parameter TaskHandle is invalid.');
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<string, unknown>;
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn };
  } catch {
    throw invalid;
  }
  throw invalid;
}

/** ListMessageMoveTasks reference: only a running task shows its handle. */
function render(task: MoveTask): Json {
  return {
    ...(task.status === 'RUNNING' && { TaskHandle: formatHandle(task) }),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn && { DestinationArn: task.destinationArn }),
    ...(task.maxPerSecond && { MaxNumberOfMessagesPerSecond: task.maxPerSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failureReason && { FailureReason: task.failureReason }),
    // Milliseconds: the model has a long here, not a timestamp.
    StartedTimestamp: task.startedAt,
  };
}
