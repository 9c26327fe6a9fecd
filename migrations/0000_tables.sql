CREATE TYPE "public"."attempt_outcome" AS ENUM('done', 'interrupted', 'failed');--> statement-breakpoint
CREATE TYPE "public"."desired_state" AS ENUM('active', 'paused', 'cancelled');--> statement-breakpoint
CREATE TYPE "public"."job_state" AS ENUM('planned', 'queued', 'done', 'dead');--> statement-breakpoint
CREATE TYPE "public"."point_status" AS ENUM('ok', 'not_positive_definite', 'non_finite', 'variance_cancelled');--> statement-breakpoint
CREATE TABLE "attempt" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "attempt_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"study" integer NOT NULL,
	"job" integer NOT NULL,
	"worker" text NOT NULL,
	"delivery" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	"outcome" "attempt_outcome" NOT NULL,
	"failure_kind" text,
	"failure_code" text,
	"failure_message" text,
	"provider" text,
	"prepare_ms" double precision NOT NULL,
	"measure_ms" double precision NOT NULL,
	CONSTRAINT "attempt_once" UNIQUE("study","job","worker","delivery","started_at"),
	CONSTRAINT "attempt_failed_says_why" CHECK (("attempt"."outcome" = 'failed') = ("attempt"."failure_code" is not null))
);
--> statement-breakpoint
CREATE TABLE "job" (
	"study" integer NOT NULL,
	"number" integer NOT NULL,
	"points" integer NOT NULL,
	"stored" integer DEFAULT 0 NOT NULL,
	"state" "job_state" DEFAULT 'planned' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp with time zone,
	"last_error" jsonb,
	CONSTRAINT "job_pkey" PRIMARY KEY("study","number"),
	CONSTRAINT "job_number_from_zero" CHECK ("job"."number" >= 0),
	CONSTRAINT "job_stores_no_more_than_its_points" CHECK ("job"."stored" between 0 and "job"."points"),
	CONSTRAINT "job_done_is_all_points_stored" CHECK (("job"."state" = 'done') = ("job"."stored" = "job"."points")),
	CONSTRAINT "job_waits_only_while_planned" CHECK ("job"."not_before" is null or "job"."state" = 'planned'),
	CONSTRAINT "job_dead_says_why" CHECK ("job"."state" <> 'dead' or "job"."last_error" is not null)
);
--> statement-breakpoint
CREATE TABLE "krr_result" (
	"study" integer NOT NULL,
	"point" integer NOT NULL,
	"job" integer NOT NULL,
	"status" "point_status" NOT NULL,
	"replicate" integer NOT NULL,
	"length_scale" double precision NOT NULL,
	"ridge" double precision NOT NULL,
	"target" integer NOT NULL,
	"trigger_strength" double precision NOT NULL,
	"poison_count" integer NOT NULL,
	"poison_rate" double precision NOT NULL,
	"clean_accuracy" double precision NOT NULL,
	"attack_success_rate" double precision NOT NULL,
	"delta_f" double precision NOT NULL,
	"delta_f_law" double precision NOT NULL,
	"posterior_variance" double precision NOT NULL,
	"gamma" double precision NOT NULL,
	"effective_dof" double precision NOT NULL,
	"train_mse" double precision NOT NULL,
	"ridge_absolute" double precision NOT NULL,
	"length_scale_absolute" double precision NOT NULL,
	CONSTRAINT "krr_result_pkey" PRIMARY KEY("study","point")
);
--> statement-breakpoint
CREATE TABLE "noop_result" (
	"study" integer NOT NULL,
	"point" integer NOT NULL,
	"job" integer NOT NULL,
	"status" "point_status" NOT NULL,
	"replicate" integer NOT NULL,
	"x" double precision NOT NULL,
	"y" double precision NOT NULL,
	"hash" double precision NOT NULL,
	CONSTRAINT "noop_result_pkey" PRIMARY KEY("study","point")
);
--> statement-breakpoint
CREATE TABLE "study" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "study_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"name" text NOT NULL,
	"experiment" text NOT NULL,
	"experiment_version" integer NOT NULL,
	"identity" text NOT NULL,
	"spec" json NOT NULL,
	"plan" json NOT NULL,
	"data" json,
	"folder" text NOT NULL,
	"points" integer NOT NULL,
	"jobs" integer NOT NULL,
	"desired" "desired_state" DEFAULT 'active' NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"duplicates" bigint DEFAULT 0 NOT NULL,
	"conflicts" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "study_key_once" UNIQUE("key"),
	CONSTRAINT "study_name_once" UNIQUE("name"),
	CONSTRAINT "study_key_is_its_identity" CHECK ("study"."key" = 'st_' || left("study"."identity", 16)),
	CONSTRAINT "study_identity_is_sha256" CHECK ("study"."identity" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "study_has_points_and_jobs" CHECK ("study"."points" > 0 and "study"."jobs" > 0)
);
--> statement-breakpoint
CREATE TABLE "worker" (
	"worker" text NOT NULL,
	"host" text NOT NULL,
	"version" text NOT NULL,
	"provider" text NOT NULL,
	"slots" integer NOT NULL,
	"running" jsonb NOT NULL,
	"first_seen" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "worker_pkey" PRIMARY KEY("worker")
);
--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_of_study" FOREIGN KEY ("study") REFERENCES "public"."study"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job" ADD CONSTRAINT "job_belongs_to_study" FOREIGN KEY ("study") REFERENCES "public"."study"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "job_planned" ON "job" USING btree ("study","number") WHERE state = 'planned' and not_before is null;--> statement-breakpoint
CREATE INDEX "job_waiting" ON "job" USING btree ("study","not_before") WHERE state = 'planned' and not_before is not null;--> statement-breakpoint
CREATE INDEX "job_queued" ON "job" USING btree ("study","number") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "job_dead" ON "job" USING btree ("study","number") WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX "krr_result_failed" ON "krr_result" USING btree ("study","point") WHERE status <> 'ok';--> statement-breakpoint
CREATE INDEX "noop_result_failed" ON "noop_result" USING btree ("study","point") WHERE status <> 'ok';