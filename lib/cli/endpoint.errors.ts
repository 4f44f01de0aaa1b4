import { PosthasteError } from '../core/errors.ts';

/** Nobody answers at the endpoint of the embedded AWS. */
export class EndpointUnreachableError extends PosthasteError {
  constructor(endpoint: string, options: ErrorOptions) {
    super(
      `no embedded AWS answers at ${endpoint}: start one with npx posthaste dev (in a clone of posthaste: npm start), or name its port with --port`,
      {
        code: 'ENDPOINT_UNREACHABLE',
        ...options,
      },
    );
  }
}
