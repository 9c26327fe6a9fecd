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
ALTER TABLE "network_result" ADD COLUMN "scan_fpr" double precision;