ALTER TYPE "public"."point_status" ADD VALUE 'diverged';--> statement-breakpoint
ALTER TYPE "public"."point_status" ADD VALUE 'pruned';--> statement-breakpoint
CREATE TABLE "network_curve" (
	"study" integer NOT NULL,
	"point" integer NOT NULL,
	"epoch" integer NOT NULL,
	"learning_rate" double precision NOT NULL,
	"train_loss" double precision NOT NULL,
	"test_loss" double precision NOT NULL,
	"triggered_loss" double precision NOT NULL,
	"clean_accuracy" double precision NOT NULL,
	"attack_success_rate" double precision NOT NULL,
	"input_gradient_square" double precision NOT NULL,
	"hessian_top" double precision NOT NULL,
	"hessian_trace" double precision NOT NULL,
	"hessian_overlap" double precision NOT NULL,
	"mean_hessian_top" double precision NOT NULL,
	"mean_hessian_overlap" double precision NOT NULL,
	CONSTRAINT "network_curve_pkey" PRIMARY KEY("study","point","epoch")
);
--> statement-breakpoint
CREATE TABLE "network_poison" (
	"study" integer NOT NULL,
	"point" integer NOT NULL,
	"train_row" integer NOT NULL,
	"label" integer NOT NULL,
	"strength" double precision NOT NULL,
	CONSTRAINT "network_poison_pkey" PRIMARY KEY("study","point","train_row")
);
--> statement-breakpoint
CREATE TABLE "network_result" (
	"study" integer NOT NULL,
	"point" integer NOT NULL,
	"job" integer NOT NULL,
	"status" "point_status" NOT NULL,
	"replicate" integer NOT NULL,
	"poison_rate" double precision NOT NULL,
	"trigger_strength" double precision NOT NULL,
	"target" integer NOT NULL,
	"gradient_penalty" double precision NOT NULL,
	"weight_decay" double precision NOT NULL,
	"learning_rate" double precision NOT NULL,
	"augmentation" integer NOT NULL,
	"epochs" integer NOT NULL,
	"poison_count" integer NOT NULL,
	"clean_accuracy" double precision NOT NULL,
	"attack_success_rate" double precision NOT NULL,
	"train_loss" double precision NOT NULL,
	"test_loss" double precision NOT NULL,
	"triggered_loss" double precision NOT NULL,
	"input_gradient_square" double precision NOT NULL,
	"hessian_top" double precision NOT NULL,
	"hessian_trace" double precision NOT NULL,
	"hessian_overlap" double precision NOT NULL,
	"hessian_subspace_overlap" double precision NOT NULL,
	"mean_hessian_top" double precision NOT NULL,
	"mean_hessian_overlap" double precision NOT NULL,
	"input_gradient_square_triggered" double precision NOT NULL,
	"hessian_top_triggered" double precision NOT NULL,
	"hessian_trace_triggered" double precision NOT NULL,
	"hessian_overlap_triggered" double precision NOT NULL,
	"hessian_subspace_overlap_triggered" double precision NOT NULL,
	"mean_hessian_top_triggered" double precision NOT NULL,
	"mean_hessian_overlap_triggered" double precision NOT NULL,
	"overlap_null" double precision NOT NULL,
	"attack_onset_epoch" double precision NOT NULL,
	"attack_onset90_epoch" double precision NOT NULL,
	"visible_onset_epoch" double precision NOT NULL,
	"lag_epochs" double precision NOT NULL,
	"epochs_done" integer NOT NULL,
	"gradient_penalty_batch" double precision NOT NULL,
	"backend" integer NOT NULL,
	CONSTRAINT "network_result_pkey" PRIMARY KEY("study","point")
);
--> statement-breakpoint
CREATE INDEX "network_result_failed" ON "network_result" USING btree ("study","point") WHERE status <> 'ok';