import { PosthasteError } from '../../core/errors.ts';

/** A stack of an assembly could not be deployed; the message names the construct path and what the service said. */
export class DeployFailedError extends PosthasteError {
  constructor(stackName: string, options: ErrorOptions & { readonly reason: string }) {
    super(`stack ${stackName} could not be deployed: ${options.reason}`, { code: 'LOCAL_DEPLOY_FAILED', cause: options.cause });
  }
}

/** A folder is not a cloud assembly that can be deployed here. */
export class AssemblyUnreadableError extends PosthasteError {
  constructor(directory: string, reason: string, options: ErrorOptions = {}) {
    super(`${directory} cannot be deployed: ${reason}`, { code: 'LOCAL_ASSEMBLY_UNREADABLE', ...options });
  }
}
