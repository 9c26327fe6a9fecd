// The OpenAPI 3.1 document, from the same list of routes that the app is made of.
import { z } from "zod";
import { Problem } from "../../schema/api.ts";
import { none, type Route } from "./route.ts";

export function openApiOf(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = `/api${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "nearclone", version, description: "Phase diagrams of backdoor poisoning" },
    paths,
    components: {
      schemas: { Problem: jsonSchema(Problem, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "nearclone_session" },
      },
    },
  };
}

function operationOf(route: Route): object {
  const { method, path, summary, access, query, body, answer } = route;
  const media = typeof answer === "string" ? answer : "application/json";
  const content = { [media]: typeof answer === "string" ? {} : { schema: jsonSchema(answer, "output") } };
  return {
    operationId: `${method}${path.replaceAll(/[/:.]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    security: access === "public" ? [] : [{ token: [] }, { cookie: [] }],
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body === none ? {} : { requestBody: {
      required: true, content: { "application/json": { schema: jsonSchema(body, "input") } },
    } }),
    responses: {
      200: { description: summary, content },
      default: { description: "what went wrong", content: {
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      } },
    },
  };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) =>
    ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function queryParameters(query: z.ZodType): object[] {
  if (!(query instanceof z.ZodObject)) return [];
  const shape: Record<string, z.core.$ZodType> = query.shape;
  return Object.entries(shape).map(([name, schema]) => ({
    name, in: "query",
    required: !z.safeParse(schema, undefined).success,
    schema: jsonSchema(schema, "input"),
  }));
}

function jsonSchema(schema: z.core.$ZodType, io: "input" | "output"): object {
  return z.toJSONSchema(schema, { io, unrepresentable: "any" });
}
