import { PosthasteError } from '../../core/errors.ts';
import type { Refusal } from '../../ops/operations.ts';

/** How a stack comes to have operations. */
const ADD_A_STORE = "give it a failure store, new FailureStore(this, 'failures') from posthaste/constructs, and deploy";

/** The operations function said no; code and sentence are its own. */
export class OperationRefusedError extends PosthasteError {
  constructor({ code, message }: Refusal['error']) {
    super(message, { code });
  }
}

/** The stack, or its operations function, is not there. */
export class OperationsMissingError extends PosthasteError {
  constructor(functionName: string, where: string, options?: ErrorOptions) {
    super(
      `there is no function ${functionName} in ${where}: if the stack's name is right (--stack), ${ADD_A_STORE}; what the stack is called, ` +
        '`npx cdk list` says',
      { code: 'OPERATIONS_MISSING', ...options },
    );
  }
}

/** The embedded AWS holds several stacks with operations, or none. */
export class StackUnclearError extends PosthasteError {
  constructor(stacks: readonly string[]) {
    super(
      stacks.length === 0
        ? `no stack on the embedded AWS has operations: ${ADD_A_STORE}`
        : `the embedded AWS holds several stacks: say which with --stack ${stacks.join(', --stack ')}`,
      { code: stacks.length === 0 ? 'OPERATIONS_MISSING' : 'STACK_UNCLEAR' },
    );
  }
}

/** The operations function itself failed. */
export class OperationsFailedError extends PosthasteError {
  constructor(functionName: string, payload: string) {
    super(`${functionName} failed: ${causeIn(payload)}; its log is /aws/lambda/${functionName}`, { code: 'OPERATIONS_FAILED' });
  }
}

/** Lambda answers an error as {"errorType", "errorMessage"} (Lambda guide, "Node.js function errors"). */
function causeIn(payload: string): string {
  try {
    const { errorType = 'Error', errorMessage = payload } = JSON.parse(payload) as { errorType?: string; errorMessage?: string };
    return `${errorType}: ${errorMessage}`;
  } catch {
    return payload;
  }
}

/** A call to AWS that could not be made, or was turned down; the message is a sentence for whoever typed the command. */
export class AwsCallError extends PosthasteError {}

/** The editor ended without success: whatever it left is not taken. */
export class EditorFailedError extends PosthasteError {
  constructor(editor: string, file: string) {
    super(`the editor (${editor}) did not end well; nothing was changed, and its text is in ${file}; VISUAL or EDITOR names another one`, {
      code: 'EDITOR_FAILED',
    });
  }
}
