import { AwsError, type Engine, type Place } from '../aws.ts';

/**
 * A registry without repositories: enough for a deployment tool that looks before it leaps. Container images cannot be stored here, and
 * every request for one says so.
 */
export function createEcr(place: Place): Engine {
  return {
    service: 'ecr',
    call({ action, input }) {
      const names = (input['repositoryNames'] ?? (input['repositoryName'] === undefined ? [] : [input['repositoryName']])) as string[];
      if (action === 'DescribeRepositories' && names.length === 0) return { repositories: [] };
      if (action === 'GetAuthorizationToken') {
        return { authorizationData: [{ authorizationToken: Buffer.from('AWS:local').toString('base64'), proxyEndpoint: place.endpoint }] };
      }
      if (action === 'DescribeRepositories' || action === 'DescribeImages' || action === 'BatchGetImage' || action === 'ListImages') {
        throw new AwsError(
          'RepositoryNotFoundException',
          `The repository with name '${names.join(', ')}' does not exist in the registry with id '${place.accountId}'`,
        );
      }
      throw new AwsError('UnknownOperationException', `The embedded AWS stores no container images: ECR ${action} is not available.`, {
        status: 501,
      });
    },
  };
}
