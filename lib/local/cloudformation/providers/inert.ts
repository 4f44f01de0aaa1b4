import type { Provider, ProviderContext } from '../provider.ts';
import { text } from './properties.ts';

/** AWS::Events::Rule: kept with its name and ARN so that others can refer to it; no event bus runs here. */
export const eventsRule: Provider = {
  type: 'AWS::Events::Rule',
  nameProperty: 'Name',
  replaceOn: ['Name', 'EventBusName'],
  create(properties, context) {
    const name = text(properties, 'Name') ?? context.name({ maxLength: 64 });
    return { physicalId: name, attributes: { Arn: arnOf(name, context) } };
  },
  update: ({ physicalId, attributes }) => ({ physicalId, attributes }),
  remove() {},
};

function arnOf(name: string, { place }: ProviderContext): string {
  return `arn:aws:events:${place.region}:${place.accountId}:rule/${name}`;
}
