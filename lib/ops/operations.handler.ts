import { isPosthasteError, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { awsFailure, errorName } from '../retry/aws-failure.ts';
import { type MoveDeps, moveLetters } from './move-letters.ts';
import { parseRequest } from './operations.request.ts';
import type { Answers, OperationRequest, Refusal } from './operations.ts';
import type { RedriveInbox } from './redrive.inbox.ts';
import { previewOf } from './redrive.preview.ts';
import type { Redrives } from './redrive.ts';
import { type StackStatusDeps, statusOf } from './stack-status.ts';
import { type TickDeps, tick } from './tick.ts';
import { change, edit, exportOf, groupsOf, listOf, show } from './work-failures.ts';

/** Answers operators; the only one who touches queues and failures for them. */
export interface Operations {
  /** Answers one request. Throws only for the schedule's tick, whose errors Lambda counts. */
  handle(request: unknown, invocation: Invocation): Promise<Answers[keyof Answers] | Refusal>;
}

/** In what a request is answered. */
export interface Invocation {
  /** Nothing new starts after it; epoch milliseconds. */
  readonly deadline: number;
  /** Lambda's id of it, which is put on file with what is done. */
  readonly requestId?: string;
}

/** What operations work with. */
export type OperationsDeps = Omit<StackStatusDeps, 'redrives'> &
  MoveDeps &
  Omit<TickDeps, 'redrives'> & { readonly redrives: Redrives; readonly inbox: RedriveInbox; readonly log: Logger };

/**
 * The operations of a stack. What is asked comes from outside: it is read before anything is done, and what cannot be done is refused with
 * a code and a sentence.
 *
 * @example
 * const answer = await createOperations(deps).handle({ operation: 'groups' }, { deadline: clock.now() + 50_000 });
 */
export function createOperations(deps: OperationsDeps): Operations {
  return {
    async handle(request, { deadline, requestId }) {
      try {
        return await answerTo(deps, signed(parseRequest(request), requestId), deadline);
      } catch (error) {
        if ((request as { operation?: unknown } | null)?.operation === 'tick') throw error;
        return refusalOf(deps, error);
      }
    },
  };
}

/** What somebody asks to be done, with the id of the invocation beside whom they say they are. */
function signed(request: OperationRequest, requestId: string | undefined): OperationRequest {
  if (!('author' in request) || requestId === undefined) return request;
  return { ...request, author: { ...request.author, requestId } };
}

async function answerTo(deps: OperationsDeps, request: OperationRequest, deadline: number): Promise<Answers[keyof Answers]> {
  const { redrives } = deps;
  switch (request.operation) {
    case 'status':
      return statusOf({ ...deps, redrives: redrives.list }, request);
    case 'groups':
      return { groups: await groupsOf(deps, request.where) };
    case 'list':
      return listOf(deps, request);
    case 'show':
      return show(deps, request.id);
    case 'export':
      return exportOf(deps, request);
    case 'archive':
    case 'restore':
      return change(deps, request.operation, { ...request, deadline });
    case 'edit':
      return edit(deps, request);
    case 'plan':
      return previewOf(deps, { ...request, deadline });
    case 'redrive':
      return redrives.start(request, deadline);
    case 'redrives':
      return { redrives: await redrives.list() };
    case 'redrive-status':
      return redrives.status(request.id, deadline);
    case 'stop-redrive':
      return redrives.stop(request.id, deadline);
    case 'resume-redrive':
      return redrives.resume(request.id, deadline);
    case 'move':
      return moveLetters(deps, request);
    case 'tick':
      return tick(deps, deadline);
  }
}

const SAID_BY_AWS = {
  throttled: 'is too busy, or at work on the same item: ask again in a moment',
  ambiguous: 'did not answer: ask again; what was begun is finished, or shown as it stands',
  rejected: 'refuses what was asked',
  denied: 'does not let the operations function do it: deploy the stack again, or look at its role',
} as const;

function refusalOf({ log }: OperationsDeps, error: unknown): Refusal {
  if (isPosthasteError(error)) return { error: { code: error.code, message: messageOf(error) } };
  log.error('an operation has failed', { error });
  const failure = awsFailure(error);
  const message = `AWS ${SAID_BY_AWS[failure]} (${errorName(error)}: ${messageOf(error)})`;
  return { error: { code: failure === 'throttled' || failure === 'ambiguous' ? 'UNAVAILABLE' : 'REFUSED_BY_AWS', message } };
}
