import type { Json } from '../aws.ts';
import type { EventSourceMappings } from '../event-source-mapping/event-source-mappings.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, page } from './control-plane.ts';

/** Event source mappings: the API's half; the pollers live in their own folder. */
export function mappingActions(plane: ControlPlane): LambdaActions {
  const mappings = (): EventSourceMappings => {
    const found = plane.mappings();
    if (!found) throw invalidParameter('Event source mappings are not wired to this Lambda engine.');
    return found;
  };
  const target = (input: Json): string => plane.store.resolve(input['FunctionName']).arn;
  return {
    CreateEventSourceMapping: (input) => mappings().create(target(input), input),
    UpdateEventSourceMapping: (input) => mappings().update(input, input['FunctionName'] === undefined ? undefined : target(input)),
    GetEventSourceMapping: (input) => mappings().get(String(input['UUID'])),
    DeleteEventSourceMapping: (input) => mappings().delete(String(input['UUID'])),
    ListEventSourceMappings(input) {
      const filter = {
        ...(input['FunctionName'] === undefined ? {} : { functionArn: target(input) }),
        ...(input['EventSourceArn'] === undefined ? {} : { eventSourceArn: String(input['EventSourceArn']) }),
      };
      return page(mappings().list(filter), input, 'EventSourceMappings');
    },
  };
}
