CREATE TABLE "cluster" (
	"id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cluster_pkey" PRIMARY KEY("id"),
	CONSTRAINT "cluster_is_a_word" CHECK ("cluster"."id" ~ '^[A-Za-z0-9_-]{1,64}$')
);
--> statement-breakpoint
CREATE TABLE "data_file" (
	"sha256" text NOT NULL,
	"bytes" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "data_file_pkey" PRIMARY KEY("sha256"),
	CONSTRAINT "data_file_is_named_by_content" CHECK ("data_file"."sha256" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "data_piece" (
	"file" text NOT NULL,
	"number" integer NOT NULL,
	"content" "bytea" NOT NULL,
	CONSTRAINT "data_piece_pkey" PRIMARY KEY("file","number")
);
--> statement-breakpoint
ALTER TABLE "attempt" ADD COLUMN "published_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "worker" ADD COLUMN "memory_bytes" bigint;--> statement-breakpoint
ALTER TABLE "worker" ADD COLUMN "gpus" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "data_piece" ADD CONSTRAINT "data_piece_of_file" FOREIGN KEY ("file") REFERENCES "public"."data_file"("sha256") ON DELETE cascade ON UPDATE no action;