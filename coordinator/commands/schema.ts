// `nearclone schema`: the JSON Schema of study files, for editors.
import { Command } from "commander";
import { studySchemaText } from "../../schema/study-document.ts";
import type { Context } from "../context.ts";
import { withExamples } from "./option.ts";

export function schemaCommand(context: Context): Command {
  const command = new Command("schema")
    .description("print the JSON Schema of study files, by which editors complete and check them")
    .action(() => context.stdout.write(studySchemaText()));
  return withExamples(command, "nearclone schema > study.schema.json");
}
