import type { Answers, OperationRequest, Refusal } from '../../ops/operations.ts';
import { OPERATIONS_NAME } from '../../ops/ops.contract.ts';
import { NAME_LIMITS, nameWithin } from '../../topology/name-within.ts';
import { sentenceFor } from './aws-sentence.ts';
import { OperationRefusedError, OperationsFailedError, StackUnclearError } from './operations.errors.ts';
import type { Place } from './place.ts';

/** What people may ask of a stack, wherever it is. */
export interface Operations {
  /** Throws an error with a sentence: of the function that refused, or of why it could not be asked. */
  ask<Request extends OperationRequest>(request: Request): Promise<Answers[Request['operation']]>;
  /** The name of the stack: where the place has none, of the only one that the embedded AWS holds. */
  stack(): Promise<string>;
}

/** The part of Lambda that the client needs; throws what the SDK throws. */
export interface Functions {
  /** `repeatable`: asked again when the answer is lost. */
  invoke(
    name: string,
    payload: string,
    options: { readonly repeatable: boolean },
  ): Promise<{ readonly payload: string; readonly failed: boolean }>;
  names(): Promise<readonly string[]>;
}

/** Asked twice they would do something twice: two redrives, two moves, a copy of a copy. */
const ONCE: readonly string[] = ['redrive', 'move', 'edit'];

/** The operations of the stack at `place`, by its operations function: who may invoke that needs no other right. */
export function createOperations(functions: Functions, place: Place): Operations {
  let found: Promise<string> | undefined;
  const stack = () => (found ??= stackAt(functions, place));
  return {
    stack,
    async ask<Request extends OperationRequest>(request: Request): Promise<Answers[Request['operation']]> {
      const name = nameWithin(await stack(), OPERATIONS_NAME, { max: NAME_LIMITS.function });
      const invoked = await functions
        .invoke(name, JSON.stringify(request), { repeatable: !ONCE.includes(request.operation) })
        .catch((error: unknown) => {
          throw sentenceFor(error, { place, functionName: name });
        });
      if (invoked.failed) throw new OperationsFailedError(name, invoked.payload);
      const answer = JSON.parse(invoked.payload) as Answers[Request['operation']] | Refusal;
      if ('error' in answer) throw new OperationRefusedError(answer.error);
      return answer;
    },
  };
}

/** Without a stack the embedded AWS may hold one only. */
async function stackAt(functions: Functions, place: Place): Promise<string> {
  if (place.stack !== undefined) return place.stack;
  const names = await functions.names().catch((error: unknown) => {
    throw sentenceFor(error, { place, functionName: `*-${OPERATIONS_NAME}` });
  });
  const candidates = names.flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []));
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) throw new StackUnclearError(candidates);
  return only;
}

const SUFFIX = `-${OPERATIONS_NAME}`;
