# rumprun kvm -N web nginx
 {, 
	"cmdline": "nginx", 
	"hostname": "web", 
}, 
