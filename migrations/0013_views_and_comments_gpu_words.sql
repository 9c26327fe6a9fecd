COMMENT ON COLUMN "worker"."gpus" IS 'its GPUs: name, memoryBytes, usedBytes, utilisation in [0, 1]; capability: compute capability, such as 9.0; breakEven: by order, from how many ridges on one eigendecomposition is cheaper than a factor for each, as doctor measured; the last two absent where unknown';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."priority" IS 'each step up doubles the share of the workers that the study gets beside others; 0 at first';
--> statement-breakpoint
COMMENT ON COLUMN "study"."priority" IS 'each step up doubles the share of the workers that the study gets beside others; 0 at first';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."outcome" IS 'done; interrupted: the worker handed the job back unfinished, which costs it nothing; failed: see the failure columns';
--> statement-breakpoint
COMMENT ON TABLE "worker" IS 'one row per worker process; coordinators forget one that was silent for a week';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."worker" IS 'name of the process: as it was given, else host and a random part or number';
