import { PosthasteError } from '../../core/errors.ts';

/** The port is taken by another process. */
export class PortInUseError extends PosthasteError {
  constructor(host: string, port: number, cause: unknown) {
    super(
      `port ${port} on ${host} is in use by another process: stop that process, or choose another port with --port (0 takes any free one)`,
      { code: 'PORT_IN_USE', cause },
    );
  }
}

/**
 * An interceptor throws this to lose an answer: the call may have had its effect, and the client sees its connection die, as it does when
 * a network drops the response.
 */
export class ConnectionDropped extends PosthasteError {
  constructor() {
    super('the answer was dropped on its way to the client', { code: 'CONNECTION_DROPPED', retryable: true });
  }
}
