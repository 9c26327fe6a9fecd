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
ALTER TABLE "krr_result" ADD COLUMN "probe_distance" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_best_index_clean" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_law_overlap_clean" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_pull_overlap_clean" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_best_index_triggered" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_law_overlap_triggered" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_pull_overlap_triggered" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "conformal_hessian_power" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "conformal_hessian_false" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "cluster_deviation" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "accuracy_drop" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "delta_f_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "delta_f_law_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "success_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_spike_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_spike_law_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_spike_floor" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_top_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_gap_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_overlap_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_subspace_overlap_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_best_index_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_law_overlap_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gn_pull_overlap_near" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_top_near_true" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_bottom_near_true" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_trace_near_true" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_gap_near_true" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_overlap_near_true" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_top_near_predicted" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_bottom_near_predicted" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_trace_near_predicted" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_gap_near_predicted" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "hessian_overlap_near_predicted" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectral_auc" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectral_tpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectral_fpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "clustering_auc" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "clustering_tpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "clustering_fpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectre_auc" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectre_tpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "spectre_fpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "scan_auc" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "scan_tpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "scan_fpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "strip_auc" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "strip_tpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "strip_fpr" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "dpa_clean_accuracy" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "dpa_success" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "dpa_certified" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "dpa_radius" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "refinement_steps" integer;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "condition_estimate" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectral_auc" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectral_tpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectral_fpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "clustering_auc" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "clustering_tpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "clustering_fpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectre_auc" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectre_tpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "spectre_fpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "scan_auc" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "scan_tpr" double precision;--> statement-breakpoint
ALTER TABLE "network_result" ADD COLUMN "scan_fpr" double precision;--> statement-breakpoint
ALTER TABLE "worker" ADD COLUMN "memory_bytes" bigint;--> statement-breakpoint
ALTER TABLE "worker" ADD COLUMN "gpus" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "data_piece" ADD CONSTRAINT "data_piece_of_file" FOREIGN KEY ("file") REFERENCES "public"."data_file"("sha256") ON DELETE cascade ON UPDATE no action;